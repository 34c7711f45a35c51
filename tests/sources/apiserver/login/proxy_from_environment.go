// Prints the proxy that Go's own HTTP client would take for the URL of its argument, or an empty line.
package main

import (
	"fmt"
	"net/http"
	"os"
)

func main() {
	request, err := http.NewRequest("GET", os.Args[1], nil)
	if err == nil {
		proxy, refusal := http.ProxyFromEnvironment(request)
		if err = refusal; proxy != nil {
			fmt.Println(proxy)
			return
		}
	}
	if err != nil {
		fmt.Println("refused")
		return
	}
	fmt.Println()
}
