/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Credentials, capability sets and namespaces. */
#ifndef SKEP_CREDENTIALS_H
#define SKEP_CREDENTIALS_H

#include "engine.h"

struct cred___before_6_3 {
	struct kernel_cap_struct cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
} __attribute__((preserve_access_index));

/* A kernel_cap_t: 64 bits since 6.3, before that two words of 32, the low one first. Both are eight bytes in a row here. */
static __always_inline u64 capabilities_at(const void *address)
{
	u32 words[2] = {};

	bpf_probe_read_kernel(words, sizeof(words), address);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return words[0] | (u64)words[1] << 32;
#else
	if (bpf_core_type_exists(struct kernel_cap_struct))
		return words[0] | (u64)words[1] << 32;
	return words[1] | (u64)words[0] << 32;
#endif
}

#define CAPABILITIES(cred, set) capabilities_at((const void *)(cred) + bpf_core_field_offset(struct cred, set))

static __always_inline void read_credentials(struct credentials *to, const struct cred *cred)
{
	struct user_namespace *user = READ(cred, user_ns);

	to->uid = READ(cred, uid.val);
	to->gid = READ(cred, gid.val);
	to->euid = READ(cred, euid.val);
	to->egid = READ(cred, egid.val);
	to->suid = READ(cred, suid.val);
	to->sgid = READ(cred, sgid.val);
	to->fsuid = READ(cred, fsuid.val);
	to->fsgid = READ(cred, fsgid.val);
	to->securebits = READ(cred, securebits);
	to->user_ns = READ(user, ns.inum);
	to->user_ns_level = READ(user, level);
	to->user_ns_owner = READ(user, owner.val);
	to->permitted = CAPABILITIES(cred, cap_permitted);
	to->effective = CAPABILITIES(cred, cap_effective);
	to->inheritable = CAPABILITIES(cred, cap_inheritable);
	to->bounding = CAPABILITIES(cred, cap_bset);
	to->ambient = CAPABILITIES(cred, cap_ambient);
}

/* The uid that is root in the namespace of these credentials. */
static __always_inline u32 root_uid(const struct cred *cred)
{
	struct user_namespace *user = READ(cred, user_ns);
	struct uid_gid_map *map = (void *)user + bpf_core_field_offset(struct user_namespace, uid_map);
	struct uid_gid_extent extent;
	u32 i;

	for (i = 0; i < 5; i++) {
		if (BPF_CORE_READ_INTO(&extent, map, extent[i]) || extent.count == 0)
			break;
		if (extent.first == 0)
			return extent.lower_first;
	}
	return -1;
}

static __always_inline struct upid *upid_of(struct task_struct *task, struct upid *upid, u32 *level)
{
	struct pid *pid = READ(task, thread_pid);

	*level = READ(pid, level);
	bpf_probe_read_kernel(upid, sizeof(*upid), (void *)pid + bpf_core_field_offset(struct pid, numbers) +
						   *level * bpf_core_type_size(struct upid));
	return upid;
}

static __always_inline void read_namespaces(struct namespaces *to, struct task_struct *task)
{
	struct nsproxy *proxy = READ(task, nsproxy);
	struct upid upid = {};
	u32 level;

	to->uts = READ(proxy, uts_ns, ns.inum);
	to->ipc = READ(proxy, ipc_ns, ns.inum);
	to->mnt = READ(proxy, mnt_ns, ns.inum);
	upid_of(task, &upid, &level);
	to->pid = READ(upid.ns, ns.inum);
	to->pid_for_children = READ(proxy, pid_ns_for_children, ns.inum);
	to->net = READ(proxy, net_ns, ns.inum);
	to->time = 0;
	to->time_for_children = 0;
	if (bpf_core_field_exists(struct nsproxy, time_ns)) {
		to->time = READ(proxy, time_ns, ns.inum);
		to->time_for_children = READ(proxy, time_ns_for_children, ns.inum);
	}
	to->cgroup = READ(proxy, cgroup_ns, ns.inum);
	to->user = READ(task, cred, user_ns, ns.inum);
}

#endif
