/* The resolver of the C library that this is built with. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static void fail(int code)
{
	int absent = code == EAI_NONAME;
#ifdef EAI_NODATA
	absent |= code == EAI_NODATA;
#endif
	if (absent)
		puts("absent");
	else
		printf("failed %s\n", gai_strerror(code));
}

static void addresses(const char *name, int family)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *found, *each;
	char text[NI_MAXHOST];
	int code = getaddrinfo(name, NULL, &hints, &found);

	if (code) {
		fail(code);
		return;
	}
	printf("found");
	for (each = found; each; each = each->ai_next) {
		getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, NULL, 0, NI_NUMERICHOST);
		printf(" %s", text);
	}
	putchar('\n');
	freeaddrinfo(found);
}

static void canonical(const char *name)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_CANONNAME}, *found;
	int code = getaddrinfo(name, NULL, &hints, &found);

	if (code) {
		fail(code);
		return;
	}
	printf("found %s\n", found->ai_canonname);
	freeaddrinfo(found);
}

static void reverse(const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found;
	char name[NI_MAXHOST];
	int code = getaddrinfo(address, NULL, &hints, &found);

	if (!code) {
		code = getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, NULL, 0, NI_NAMEREQD);
		freeaddrinfo(found);
	}
	if (code)
		fail(code);
	else
		printf("found %s\n", name);
}

static void srv(const char *name)
{
	static unsigned char answer[65535];
	char target[NS_MAXDNAME];
	ns_msg message;
	ns_rr record;
	int length = res_query(name, ns_c_in, ns_t_srv, answer, sizeof answer);

	if (length < 0 && (h_errno == HOST_NOT_FOUND || h_errno == NO_DATA)) {
		puts("absent");
		return;
	}
	if (length < 0 || ns_initparse(answer, length, &message) < 0) {
		puts("failed res_query");
		return;
	}
	/* musl hands out a negative answer too. */
	if (!ns_msg_count(message, ns_s_an)) {
		int rcode = ns_msg_getflag(message, ns_f_rcode);
		printf(rcode == ns_r_noerror || rcode == ns_r_nxdomain ? "absent\n" : "failed rcode %d\n", rcode);
		return;
	}
	printf("found");
	for (int i = 0; i < ns_msg_count(message, ns_s_an); i++) {
		if (ns_parserr(&message, ns_s_an, i, &record) < 0 || ns_rr_type(record) != ns_t_srv ||
		    dn_expand(answer, answer + length, ns_rr_rdata(record) + 6, target, sizeof target) < 0) {
			printf(" malformed");
			continue;
		}
		printf(" %s:%u", target, ns_get16(ns_rr_rdata(record) + 4));
	}
	putchar('\n');
}

int main(void)
{
	char kind[16], name[NI_MAXHOST];

	puts("ready");
	fflush(stdout);
	while (scanf("%15s %1024s", kind, name) == 2) {
		if (!strcmp(kind, "any"))
			addresses(name, AF_UNSPEC);
		else if (!strcmp(kind, "ipv4"))
			addresses(name, AF_INET);
		else if (!strcmp(kind, "ipv6"))
			addresses(name, AF_INET6);
		else if (!strcmp(kind, "canonical"))
			canonical(name);
		else if (!strcmp(kind, "reverse"))
			reverse(name);
		else if (!strcmp(kind, "srv"))
			srv(name);
		fflush(stdout);
	}
	return 0;
}
