/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What generated programs ask about the current process, and how they finish an event. */
#ifndef SKEP_HOOK_H
#define SKEP_HOOK_H

#include "execution.h"
#include "notice.h"

#define LIMITED_BYTES	40	/* of each value that tells events apart for a rate limit */

struct workload_key {
	u64 cgroup;
	u32 workload;
	u32 reserved;
};

/* Stands for all workloads in the entry of a group of which everything is known. */
#define ANY_WORKLOAD	(~0U)

/* Which control groups belong to which workload; kept by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 65536);
	__type(key, struct workload_key);
	__type(value, u8);
} workloads SEC(".maps");

/* The current process if its record is there and up to date: programs end early for processes that nobody asks about. */
__hidden struct process *process_known(void)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	struct process *process = bpf_task_storage_get(&processes, leader, NULL, 0);

	if (process && process->pid && ATOMS(process)->generation == my_generation)
		return process;
	return NULL;
}

/* Sends what the program collected; it may go on collecting matches. */
int complete_hook(struct slot *slot, struct process *process, u32 hook)
{
	u32 length;
	int error;

	if (!slot || !process)
		return -1;
	if (!slot->owned && !(process->flags & PROCESS_TOLD))
		tell_process(process);
	length = slot->record.length;
	put_header(slot, RECORD_HOOK, hook, length);
	put_process(slot, process);
	if (slot->owned) {
		slot->record.start = slot->owner.start;
		slot->record.parent_start = slot->owner.parent_start;
		slot->record.pid = slot->owner.pid;
		slot->record.tid = slot->owner.tid;
		slot->record.parent_pid = slot->owner.parent_pid;
		slot->record.flags = slot->owner.flags;
	}
	error = send_hook(slot);
	slot->record.length = length;
	return error;
}

/* Notes that a rule matched; -1 when there is no room: complete_hook makes some. */
int add_match(struct slot *slot, u32 rule, u32 actions)
{
	u32 count;

	if (!slot)
		return -1;
	count = slot->match_count;
	if (count >= MAX_MATCHES)
		return -1;
	slot->match[count].rule = rule;
	slot->match[count].actions = actions;
	slot->match_count = count + 1;
	return 0;
}

static __always_inline u64 mix(u64 hash, u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ (hash >> 29);
}

/* Counts a match of a rule: only here, so that rules which do not match cost nothing. */
int count_rule(u32 rule, u32 outcomes)
{
	struct rule_counters *counters = bpf_map_lookup_elem(&rule_counters, &rule);

	if (!counters)
		return -1;
	/* Atomic: another task's run of this program may come in between on the same CPU. */
	__sync_fetch_and_add(&counters->matched, 1);
#pragma unroll
	for (u32 i = 0; i < 9; i++) {
		if (outcomes & (1U << i))
			__sync_fetch_and_add(&counters->outcomes[i], 1);
	}
	return 0;
}

struct limit_scan {
	struct slot *slot;
	u64 first, second;
	u32 objects, numbers;
};

static long limit_step(u32 index, void *context)
{
	struct limit_scan *scan = context;
	struct slot *slot = scan->slot;
	u64 words[LIMITED_BYTES / 8] = {};
	struct argument *argument;
	u32 at, length, i;

	if (index >= MAX_ARGUMENTS)
		return 1;
	if (!(slot->hook.captured & (scan->objects | scan->numbers) & (1U << index)))
		return 0;
	argument = (struct argument *)slot->hook.data + index;
	if (scan->numbers & (1U << index)) {
		scan->first = mix(scan->first, *(u64 *)argument);
		scan->second = mix(scan->second ^ 1, *(u64 *)argument);
		return 0;
	}
	at = argument->offset;
	length = argument->length;
	scan->first = mix(scan->first, length);
	/* Whatever the offset is, the read below stays inside of the slot. */
	if (at < sizeof(struct hook_record) || at > BODY_SIZE || length == 0)
		return 0;
	if (length > LIMITED_BYTES)
		length = LIMITED_BYTES;
	bpf_probe_read_kernel(words, length, slot->body + at);
	for (i = 0; i < LIMITED_BYTES / 8; i++) {
		scan->first = mix(scan->first, words[i]);
		scan->second = mix(scan->second ^ i, words[i]);
	}
	return 0;
}

/*
 * Whether an event like this one passed within the last `window` nanoseconds; if not, this one counts. `rule` is the same
 * number in every generation, and what else the key is made of does not depend on the other policies either, so that a
 * change of policies lets no burst through. `scope`: 0 the thread's own events, 1 the process's, 2 all. `values`: a bit for
 * each value of the rule that is an object, and 16 bits up for each that is a number.
 */
int is_limited(struct slot *slot, u64 rule, u32 scope, u64 window, u32 values)
{
	u64 id = bpf_get_current_pid_tgid(), now = bpf_ktime_get_boot_ns(), *last;
	struct limit_scan scan = { .slot = slot, .first = rule, .second = ~rule, .objects = values & 0xffff, .numbers = values >> 16 };
	struct limit_key key = {};
	u64 *words = (u64 *)&key;

	if (!slot)
		return 0;
	bpf_loop(MAX_ARGUMENTS, limit_step, &scan, 0);
	words[0] = rule;
	words[1] = scope == 0 ? id : scope == 1 ? id >> 32 : 0;
	words[2] = scan.first;
	words[3] = scan.second;
	last = bpf_map_lookup_elem(&limits, &key);
	if (last && now - *last < window)
		return 1;
	bpf_map_update_elem(&limits, &key, &now, BPF_ANY);
	return 0;
}

/* Remembers the current process as the owner of a captured socket, or forgets who it was. */
int track_socket(struct slot *slot, struct process *process, u32 index, u32 track)
{
	struct socket_owner owner = {};
	struct argument *argument;
	u64 address;
	u32 at;

	if (!slot || !process || index >= MAX_ARGUMENTS)
		return -1;
	argument = (struct argument *)slot->hook.data + index;
	at = argument->offset;
	if (argument->length < sizeof(struct socket_value) || at > BODY_SIZE)
		return -1;
	address = ((struct socket_value *)(slot->body + at))->address;
	if (!track)
		return bpf_map_delete_elem(&socket_owners, &address);
	/* Its events come in others' contexts. */
	if (!(process->flags & PROCESS_TOLD))
		tell_process(process);
	owner.start = process->start;
	owner.parent_start = process->parent_start;
	owner.pid = process->pid;
	owner.tid = bpf_get_current_pid_tgid();
	owner.parent_pid = process->parent_pid;
	owner.flags = process->flags & ~PROCESS_PRIVATE;
	return bpf_map_update_elem(&socket_owners, &address, &owner, BPF_ANY);
}

static __always_inline u32 pick_namespace(const struct namespaces *namespaces, u32 kind)
{
	switch (kind) {
	case 0: return namespaces->uts;
	case 1: return namespaces->ipc;
	case 2: return namespaces->mnt;
	case 3: return namespaces->pid;
	case 4: return namespaces->pid_for_children;
	case 5: return namespaces->net;
	case 6: return namespaces->time;
	case 7: return namespaces->time_for_children;
	case 8: return namespaces->cgroup;
	case 9: return namespaces->user;
	default: return 0;
	}
}

/* Inode of a namespace of the current task, by enum NamespaceKind. */
u32 current_namespace(u32 kind)
{
	struct namespaces namespaces = {};

	read_namespaces(&namespaces, (struct task_struct *)bpf_get_current_task());
	return pick_namespace(&namespaces, kind);
}

/* A bit for each kind of namespace that differs from the process's record, which then takes the new ones. */
u32 changed_namespaces(struct process *process)
{
	struct namespaces now = {};
	u32 changed = 0, kind;

	if (!process)
		return 0;
	read_namespaces(&now, (struct task_struct *)bpf_get_current_task());
	for (kind = 0; kind < 10; kind++) {
		if (pick_namespace(&now, kind) != pick_namespace(&process->namespaces, kind))
			changed |= 1U << kind;
	}
	process->namespaces = now;
	return changed;
}

/* A set of capabilities of the current task, by enum CapabilityKind: effective, inheritable, permitted. */
u64 current_capabilities(u32 set)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	const struct cred *cred = READ(task, cred);

	if (set == 0)
		return CAPABILITIES(cred, cap_effective);
	if (set == 1)
		return CAPABILITIES(cred, cap_inheritable);
	return CAPABILITIES(cred, cap_permitted);
}

/* The capabilities of a set that differ from the process's record, which then takes the new ones. */
u64 changed_capabilities(struct process *process, u32 set)
{
	u64 now = current_capabilities(set), before;

	if (!process)
		return 0;
	if (set == 0) {
		before = process->effective;
		process->effective = now;
	} else if (set == 1) {
		before = process->inheritable;
		process->inheritable = now;
	} else {
		before = process->permitted;
		process->permitted = now;
	}
	return before ^ now;
}

u32 in_initial_user_namespace(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	return READ(task, cred, user_ns, level) == 0;
}

u32 current_pid_in_namespace(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct upid upid = {};
	u32 level;

	upid_of(READ(task, group_leader), &upid, &level);
	return upid.nr;
}

/* Whether the current task's control group belongs to a workload; what a group is taken for of which that is not known yet is the caller's choice. */
u32 in_workload(u32 workload, u32 otherwise)
{
	struct workload_key key = { .cgroup = current_cgroup(), .workload = workload };

	if (bpf_map_lookup_elem(&workloads, &key))
		return 1;
	if (!otherwise)
		return 0;
	key.workload = ANY_WORKLOAD;
	return bpf_map_lookup_elem(&workloads, &key) == NULL;
}

#endif
