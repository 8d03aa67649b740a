/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of sockets and of their addresses. */
#ifndef SKEP_SOCK_H
#define SKEP_SOCK_H

#include "capture.h"
#include "file.h"

/* sun_path of struct sockaddr_un. */
#define UNIX_PATH_MAX	108

static __always_inline int capture_struct_sock(struct slot *slot, u32 index, struct sock *sock)
{
	struct socket_value value = {};

	if (!sock)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&value.family, sock, __sk_common.skc_family))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	value.type = READ(sock, sk_type);
	value.protocol = READ(sock, sk_protocol);
	value.state = READ(sock, __sk_common.skc_state);
	value.mark = READ(sock, sk_mark);
	value.priority = READ(sock, sk_priority);
	if (value.family == AF_INET) {
		bpf_core_read(value.source, 4, &sock->__sk_common.skc_rcv_saddr);
		bpf_core_read(value.destination, 4, &sock->__sk_common.skc_daddr);
	} else if (value.family == AF_INET6) {
		bpf_core_read(value.source, 16, &sock->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(value.destination, 16, &sock->__sk_common.skc_v6_daddr);
	}
	if (value.family == AF_INET || value.family == AF_INET6) {
		value.source_port = READ(sock, __sk_common.skc_num);
		value.destination_port = bpf_ntohs(READ(sock, __sk_common.skc_dport));
	}
	value.interface = READ(sock, __sk_common.skc_bound_dev_if);
	value.address = (u64)sock;
	if (tracks_sockets) {
		struct socket_owner *owner = bpf_map_lookup_elem(&socket_owners, &value.address);

		if (owner) {
			slot->owner = *owner;
			slot->owned = 1;
		}
	}
	value.cookie = READ(sock, __sk_common.skc_cookie.counter);
	value.netns = READ(sock, __sk_common.skc_net.net, ns.inum);
	return describe_value(slot, index, &value, sizeof(value), 0);
}

/* A struct sock. */
int capture_sock(struct slot *slot, u32 index, u64 value, u64 extra)
{
	return slot ? capture_struct_sock(slot, index, (void *)value) : -1;
}

/* A struct socket. */
int capture_socket(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct socket *socket = (void *)value;

	return slot ? capture_struct_sock(slot, index, READ(socket, sk)) : -1;
}

/* The socket of an open file of the current process, by its number. */
int capture_fd_socket(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct socket *socket;
	struct file *file;
	u32 flags;

	if (!slot)
		return -1;
	file = open_file(value, &flags);
	if (!file)
		return describe_nothing(slot, index, flags);
	if ((READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	socket = READ(file, private_data);
	return capture_struct_sock(slot, index, READ(socket, sk));
}

/* A struct sockaddr in kernel or user memory; extra is its length, or 0 where nobody says. */
int capture_sockaddr(struct slot *slot, u32 index, u64 value, u64 extra)
{
	/* struct sockaddr_in6: family, port, flow, address, scope. */
	struct {
		u16 family, port;
		u32 flow;
		u8 address[16];
		u32 scope;
	} from = {};
	struct sockaddr_value to = {};
	u32 flags = 0;

	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (read_memory(&from.family, sizeof(from.family), value))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.family = from.family;
	if (from.family == AF_INET) {
		if ((extra && extra < 8) || read_memory(&from, 8, value))
			flags |= ARGUMENT_UNREAD;
		to.port = bpf_ntohs(from.port);
		__builtin_memcpy(to.address, &from.flow, 4);
	} else if (from.family == AF_INET6) {
		if ((extra && extra < 24) || read_memory(&from, extra && extra < 28 ? 24 : 28, value))
			flags |= ARGUMENT_UNREAD;
		to.port = bpf_ntohs(from.port);
		to.interface = from.scope;
		__builtin_memcpy(to.address, from.address, 16);
	}
	return describe_value(slot, index, &to, sizeof(to), flags);
}

/* A struct sockaddr_un in kernel or user memory; extra is its length, or 0 where nobody says. */
int capture_sockaddr_un(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct sockaddr_unix_value to = {};
	u8 *path;
	u64 length = UNIX_PATH_MAX, appended;
	u32 flags = 0, offset, skip = 0;
	long read;

	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (read_memory(&to.family, sizeof(to.family), value))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	if (extra)
		length = extra > 2 ? extra - 2 : 0;
	if (length > UNIX_PATH_MAX)
		length = UNIX_PATH_MAX;
	path = slot->scratch + MAX_STRING;
	barrier_var(length);
	length &= 127;
	if (read_memory(path, length, value + 2)) {
		flags |= ARGUMENT_UNREAD;
		length = 0;
	}
	if (length && !path[0]) {
		/* Abstract: all bytes after the NUL are the name. */
		to.abstract = 1;
		skip = 1;
		length--;
		if (!extra)
			length = 0;
	} else {
		path[length] = 0;
		read = bpf_probe_read_kernel_str(path + UNIX_PATH_MAX + 4, UNIX_PATH_MAX + 1, path);
		length = read > 0 ? read - 1 : 0;
	}
	to.path_length = length;
	offset = slot->record.length;
	appended = append(slot, &to, sizeof(to), CAPTURE_END);
	appended += append(slot, path + skip, length, CAPTURE_END);
	if (appended < sizeof(to) + length)
		flags |= ARGUMENT_CUT;
	return describe(slot, index, offset, appended, flags, 0);
}

/*
 * Generated code finds members of these by the object's types, which are those that its functions, maps and variables
 * mention.
 */
__hidden int mention_types(struct socket_value *socket, struct skb_value *packet, struct sockaddr_value *address)
{
	return socket && packet && address;
}

#endif
