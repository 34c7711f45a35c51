// Go's own resolver.
package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

var resolver = &net.Resolver{PreferGo: true}

func lookup(kind, name string) (found []string, err error) {
	ctx := context.Background()
	switch kind {
	case "any":
		return resolver.LookupHost(ctx, name)
	case "ipv4", "ipv6":
		addresses, err := resolver.LookupIP(ctx, "ip"+kind[3:], name)
		for _, address := range addresses {
			found = append(found, address.String())
		}
		return found, err
	case "canonical":
		canonical, err := resolver.LookupCNAME(ctx, name)
		return []string{canonical}, err
	case "reverse":
		return resolver.LookupAddr(ctx, name)
	case "srv":
		_, records, err := resolver.LookupSRV(ctx, "", "", name)
		for _, record := range records {
			found = append(found, fmt.Sprintf("%s:%d", strings.TrimSuffix(record.Target, "."), record.Port))
		}
		return found, err
	}
	return nil, errors.New("no such kind")
}

func main() {
	fmt.Println("ready")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		question := strings.Fields(lines.Text())
		found, err := lookup(question[0], question[1])
		var failure *net.DNSError
		switch {
		case err == nil:
			fmt.Println("found", strings.Join(found, " "))
		case errors.As(err, &failure) && failure.IsNotFound:
			fmt.Println("absent")
		default:
			fmt.Println("failed", err)
		}
	}
}
