/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures of credentials, capabilities and user namespaces. */
#ifndef SKEP_PRIVILEGE_H
#define SKEP_PRIVILEGE_H

#include "capture.h"
#include "credentials.h"

/* A struct cred. */
int capture_cred(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct credential_value to = {};

	if (!slot)
		return -1;
	if (!value)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	read_credentials(&to.credentials, (void *)value);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* A struct user_namespace. */
int capture_user_namespace(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct user_namespace *from = (void *)value;
	struct user_namespace_value to = {};

	if (!slot)
		return -1;
	if (!from)
		return describe_nothing(slot, index, ARGUMENT_NULL);
	if (BPF_CORE_READ_INTO(&to.inode, from, ns.inum))
		return describe_nothing(slot, index, ARGUMENT_UNREAD);
	to.level = BPF_CORE_READ(from, level);
	to.owner = BPF_CORE_READ(from, owner.val);
	to.group = BPF_CORE_READ(from, group.val);
	return describe_value(slot, index, &to, sizeof(to), 0);
}

/* The number of a capability. */
int capture_capability(struct slot *slot, u32 index, u64 value, u64 extra)
{
	struct capability_value to = { .capability = value };

	return slot ? describe_value(slot, index, &to, sizeof(to), 0) : -1;
}

#endif
