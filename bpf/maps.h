/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps of the engine. Their sizes here are placeholders where user space knows better. */
#ifndef SKEP_MAPS_H
#define SKEP_MAPS_H

#include "engine.h"

struct limit_key {
	u8 bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

/* User space sets the size: SLOTS_PER_CPU for each possible CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, SLOTS_PER_CPU);
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

/* A bit for each slot in use, by CPU. User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} slot_use SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct process);
} processes SEC(".maps");

/* Processes whose first thread ended before the others, by tgid: if one of those executes a program, it becomes the first one. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, u32);
	__type(value, struct process);
} departed SEC(".maps");

/* Threads have one only while hooked functions whose return is wanted are called: nothing is set aside for the others. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct calls);
} calls SEC(".maps");

/* As above, of user functions. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct user_calls);
} user_calls SEC(".maps");

/* Threads have one only where a rule has notified an enforcer. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct notices);
} notices SEC(".maps");

/* Threads have one only where a rule has asked for the digest of a file. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct digest_wanted);
} digests_wanted SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct control);
} control SEC(".maps");

/* Which bits of processes keep their meaning when policies change. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, ATOM_WORDS * 64);
	__type(key, u32);
	__type(value, struct atom);
} atoms SEC(".maps");

/* The first is the process sensor's. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_HOOKS);
	__type(key, u32);
	__type(value, struct hook_counters);
} counters SEC(".maps");

/* Of the rules that are decided each for itself. User space sets the size. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct rule_counters);
} rule_counters SEC(".maps");

/* Modes of policies, and behind them the filters that are on. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 4096);
	__type(key, u32);
	__type(value, u32);
} policies SEC(".maps");

/* When an event of this key last passed. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, struct limit_key);
	__type(value, u64);
} limits SEC(".maps");

/* Tracked sockets by the address of struct sock. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 32768);
	__type(key, u64);
	__type(value, struct socket_owner);
} socket_owners SEC(".maps");

/* Whether sockets are tracked: the look-up is saved where no policy asks. */
const volatile bool tracks_sockets = false;

/* Whether policies say which executions or exits are events; without, all are. What they say ends where they are switched off: see event_filters. */
const volatile bool has_filters = false;

/* Where in the table of modes the filters are that are on. */
const volatile u32 policy_count = 0;

/* The generation of the programs that are linked with this object. */
const volatile u32 my_generation = 1;

/* Bits of processes beyond the last one that is in use. */
const volatile u32 atom_count = 0;

/*
 * The hierarchy of control groups in which containers are told apart: 0 is that of v2, others are of v1. The controller is the place of
 * one of the hierarchy's controllers in css_set.subsys; -1 when it has none but a name.
 */
const volatile u32 cgroup_hierarchy = 0;
const volatile s32 cgroup_controller = -1;

static __always_inline struct control *get_control(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&control, &zero);
}

/* Which filters are on: enum event_filter. */
static __always_inline u32 event_filters(void)
{
	u32 place = policy_count, *filters;

	if (!has_filters)
		return 0;
	filters = bpf_map_lookup_elem(&policies, &place);
	return filters ? *filters : 0;
}

static __always_inline struct hook_counters *get_counters(u32 hook)
{
	return bpf_map_lookup_elem(&counters, &hook);
}

#endif
