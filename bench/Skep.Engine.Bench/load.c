// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
// The observed side of the engine's benchmark: on each line "VERB COUNT" it does COUNT operations and answers with the nanoseconds
// of CPU time that one took, children included. CPU time, because other work shares the machine.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static double used(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3;
}

static int must(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct linger linger = { .l_onoff = 1 };
	socklen_t length = sizeof(address);
	char *child[] = { "/bin/true", NULL }, verb[16], byte = 0;
	int listener, fd, one = 1;
	cpu_set_t set;
	long count, i;
	double before;
	pid_t pid;

	if (argc != 3)
		return 2;
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[2]), &set);
	must(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	listener = must(socket(AF_INET, SOCK_STREAM, 0), "socket");
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	must(bind(listener, (void *)&address, sizeof(address)), "bind");
	must(listen(listener, 16), "listen");
	must(getsockname(listener, (void *)&address, &length), "getsockname");
	fd = must(open(argv[1], O_RDWR | O_CREAT | O_CLOEXEC, 0600), "open");
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (scanf("%15s %ld", verb, &count) == 2) {
		before = used(RUSAGE_SELF) + used(RUSAGE_CHILDREN);
		for (i = 0; i < count; i++) {
			switch (verb[0]) {
			case 'o':
				close(must(open(argv[1], O_RDONLY), "open"));
				break;
			case 'e':
				must(-posix_spawn(&pid, child[0], NULL, NULL, child, NULL), "posix_spawn");
				waitpid(pid, NULL, 0);
				break;
			case 'w':
				must(write(fd, &byte, 1), "write");
				must(lseek(fd, 0, SEEK_SET), "lseek");
				must(read(fd, &byte, 1), "read");
				must(lseek(fd, 0, SEEK_SET), "lseek");
				break;
			case 'c': {
				int socket_ = must(socket(AF_INET, SOCK_STREAM, 0), "socket"), accepted;

				must(connect(socket_, (void *)&address, sizeof(address)), "connect");
				accepted = must(accept(listener, NULL, NULL), "accept");
				/* A reset leaves no port behind in TIME_WAIT. */
				setsockopt(socket_, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
				close(socket_);
				close(accepted);
				break;
			}
			}
		}
		printf("%.1f\n", (used(RUSAGE_SELF) + used(RUSAGE_CHILDREN) - before) / count);
	}
	unlink(argv[1]);
	return 0;
}
