/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Records of processes: made at fork, renewed at exec, seeded for processes that are older than the agent, evaluated
 * again when the policies' generation changes.
 */
#ifndef SKEP_PROCESS_H
#define SKEP_PROCESS_H

#include "maps.h"
#include "credentials.h"
#include "path.h"
#include "slot.h"

#define MAX_ANCESTORS	64
#define MAX_HIERARCHIES	32
#define ATOMS(process)	(&(process)->atoms[my_generation & 1])
#define SEED_GRAIN	10000000ULL	/* /proc/PID/stat counts start times in ticks of 10 ms */

/*
 * Sets the process's own bits from its pid and its executable's path, which lies in the slot's scratch; generated code replaces it.
 * The path is empty when there is none (kernel threads).
 */
__weak __hidden u64 evaluate_process(u64 process, u64 slot, u64 path_offset, u64 path_length, u64 pid_in_namespace)
{
	return process && slot ? 0 : path_offset + path_length + pid_in_namespace;
}

/* The pid in a pid namespace other than the initial one; 0 for processes of that. */
static __always_inline u32 nested_pid(struct task_struct *leader)
{
	struct upid upid = {};
	u32 level;

	upid_of(leader, &upid, &level);
	return level ? upid.nr : 0;
}

static __always_inline void read_capabilities(struct process *process, struct task_struct *task)
{
	const struct cred *cred = READ(task, cred);

	process->effective = CAPABILITIES(cred, cap_effective);
	process->permitted = CAPABILITIES(cred, cap_permitted);
	process->inheritable = CAPABILITIES(cred, cap_inheritable);
}

static __always_inline u64 seeded_start(struct task_struct *leader)
{
	u64 start = READ(leader, start_boottime);

	return start - start % SEED_GRAIN;
}

struct init_search {
	struct task_struct *task;
	u32 found;
};

static long init_step(u32 index, void *context)
{
	struct init_search *search = context;
	struct upid upid = {};
	u32 level;

	upid_of(search->task, &upid, &level);
	if (level == 0)
		return 1;
	if (upid.nr == 1) {
		search->found = 1;
		return 1;
	}
	search->task = READ(search->task, real_parent, group_leader);
	return 0;
}

static __always_inline u32 is_in_init_tree(struct task_struct *leader)
{
	struct init_search search = { .task = leader };

	bpf_loop(MAX_ANCESTORS, init_step, &search, 0);
	return search.found;
}

/*
 * Makes the record of a process that started before the sensor did. Two threads may do so at once: they write the same.
 * `parent` is its parent's first thread.
 */
static __always_inline void process_seed(struct process *process, struct task_struct *leader, struct task_struct *parent)
{
	struct process *above = bpf_task_storage_get(&processes, parent, NULL, 0);
	u32 flags = PROCESS_SEEDED | PROCESS_TOLD;

	process->start = seeded_start(leader);
	process->parent_pid = READ(leader, real_parent, tgid);
	if (above && above->pid)
		process->parent_start = above->start;
	else
		process->parent_start = seeded_start(parent);
	read_capabilities(process, leader);
	read_namespaces(&process->namespaces, leader);
	if (is_in_init_tree(leader))
		flags |= PROCESS_IN_INIT_TREE;
	process->flags = flags;
	barrier();
	process->pid = READ(leader, tgid);
}

/*
 * Evaluates the executable of a process, by any thread of it that is alive: the first one may have ended. The bits are left in the
 * slot's own record of a process. Returns the path.
 */
static __always_inline u64 process_evaluate(struct process *process, struct slot *slot, struct task_struct *task)
{
	struct file *file = READ(task, mm, exe_file);
	struct process *evaluated = &slot->evaluated;
	u64 path = PATH(MAX_STRING, 0, 0, 0);
	u32 i;

	if (file)
		path = path_of_file(slot, file, READ(task, fs));
	evaluated->pid = process->pid;
	for (i = 0; i < ATOM_WORDS; i++)
		ATOMS(evaluated)->own[i] = 0;
	evaluate_process((u64)evaluated, (u64)slot, PATH_OFFSET(path) & (MAX_STRING * 2 - 1), PATH_LENGTH(path) & (MAX_STRING * 2 - 1),
			 nested_pid(BPF_CORE_READ(task, group_leader)));
	return path;
}

static __always_inline void add_bits(u64 *to, const u64 *from)
{
	u32 i;

	for (i = 0; i < ATOM_WORDS; i++)
		to[i] |= from[i];
}

static __always_inline void copy_bits(u64 *to, const u64 *from)
{
	u32 i;

	for (i = 0; i < ATOM_WORDS; i++)
		to[i] = from[i];
}

struct ancestry {
	struct slot *slot;
	struct process_atoms *atoms;	/* in the slot */
	struct task_struct *task;
};

/* Adds the bits of one more ancestor; ends with one that is up to date, whose own ancestors are in its record. */
static long ancestor_step(u32 index, void *context)
{
	struct ancestry *ancestry = context;
	struct process_atoms *atoms = ancestry->atoms;
	struct process *above;
	struct task_struct *task = ancestry->task, *parent;

	/* The first process is its own ancestor, or has the idle task for one. */
	parent = task->real_parent->group_leader;
	if (parent == task || READ(parent, tgid) == 0)
		return 1;
	above = bpf_task_storage_get(&processes, parent, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!above)
		return 1;
	if (!above->pid)
		process_seed(above, parent, parent->real_parent->group_leader);
	if (ATOMS(above)->generation == my_generation) {
		add_bits(atoms->ancestors, ATOMS(above)->ancestors);
		add_bits(atoms->ancestors, ATOMS(above)->own);
		if (index == 0)
			copy_bits(atoms->parents, ATOMS(above)->own);
		return 1;
	}
	process_evaluate(above, ancestry->slot, task->real_parent);
	add_bits(atoms->ancestors, ATOMS(&ancestry->slot->evaluated)->own);
	if (index == 0)
		copy_bits(atoms->parents, ATOMS(&ancestry->slot->evaluated)->own);
	ancestry->task = parent;
	return 0;
}

struct carrying {
	struct process_atoms *to;
	const struct process_atoms *from;
	u64 generation;
};

static long carry_step(u32 index, void *context)
{
	struct carrying *carrying = context;
	const struct process_atoms *from = carrying->from;
	struct process_atoms *to = carrying->to;
	struct atom *atom = bpf_map_lookup_elem(&atoms, &index);
	u32 word = (index / 64) & (ATOM_WORDS - 1);
	u64 bit = 1ULL << (index % 64);

	if (!atom)
		return 1;
	if (!atom->since || atom->since > carrying->generation)
		return 0;
	to->own[word] = (to->own[word] & ~bit) | (from->own[word] & bit);
	to->parents[word] = (to->parents[word] & ~bit) | (from->parents[word] & bit);
	to->ancestors[word] = (to->ancestors[word] & ~bit) | (from->ancestors[word] & bit);
	return 0;
}

/*
 * Takes over the bits that an earlier generation asked for too. They are nearer to the truth than what can be found out now: ancestors may
 * have ended since, and executables may have been renamed or deleted.
 */
static __always_inline void carry_bits(struct process_atoms *to, struct process *process)
{
	u64 same = ATOMS(process)->generation, other = process->atoms[(my_generation + 1) & 1].generation;
	struct carrying carrying = { .to = to };

	/* A later one may be there already: this program is then among the last of its own. */
	if (same >= my_generation)
		same = 0;
	if (other >= my_generation)
		other = 0;
	if (!same && !other)
		return;
	carrying.generation = other > same ? other : same;
	carrying.from = other > same ? &process->atoms[(my_generation + 1) & 1] : ATOMS(process);
	bpf_loop(atom_count, carry_step, &carrying, 0);
}

/* Makes or evaluates the record of the current process; -1 when there is no memory for it. */
__noinline int process_refresh(struct slot *slot)
{
	struct task_struct *task = bpf_get_current_task_btf(), *leader = task->group_leader;
	struct process_atoms *found;
	struct ancestry ancestry;
	struct process *process;
	u32 i;

	if (!slot)
		return -1;
	process = bpf_task_storage_get(&processes, leader, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!process)
		return -1;
	if (!process->pid)
		process_seed(process, leader, leader->real_parent->group_leader);
	if (ATOMS(process)->generation == my_generation)
		return 0;
	process_evaluate(process, slot, task);
	found = &slot->refreshed;
	copy_bits(found->own, ATOMS(&slot->evaluated)->own);
	for (i = 0; i < ATOM_WORDS; i++) {
		found->parents[i] = 0;
		found->ancestors[i] = 0;
	}
	ancestry.slot = slot;
	ancestry.atoms = found;
	ancestry.task = leader;
	bpf_loop(MAX_ANCESTORS, ancestor_step, &ancestry, 0);
	carry_bits(found, process);
	copy_bits(ATOMS(process)->own, found->own);
	copy_bits(ATOMS(process)->parents, found->parents);
	copy_bits(ATOMS(process)->ancestors, found->ancestors);
	barrier();
	ATOMS(process)->generation = my_generation;
	return 0;
}

/* The current process, evaluated; NULL when there is no memory for its record. */
__hidden struct process *process_current(struct slot *slot)
{
	struct task_struct *leader = bpf_get_current_task_btf()->group_leader;
	struct process *process = bpf_task_storage_get(&processes, leader, NULL, 0);

	if (process && process->pid && ATOMS(process)->generation == my_generation)
		return process;
	if (process_refresh(slot))
		return NULL;
	return bpf_task_storage_get(&processes, leader, NULL, 0);
}

/* A v1 hierarchy without controllers is only found among the links of the task's set of groups. */
__hidden struct cgroup *named_cgroup(struct css_set *set)
{
	struct list_head *link = READ(set, cgrp_links.next);
	struct cgroup *cgroup;
	u32 i;

	for (i = 0; i < MAX_HIERARCHIES; i++) {
		struct cgrp_cset_link *entry = (void *)link - bpf_core_field_offset(struct cgrp_cset_link, cgrp_link);

		cgroup = READ(entry, cgrp);
		if (READ(cgroup, root, hierarchy_id) == cgroup_hierarchy)
			return cgroup;
		link = READ(entry, cgrp_link.next);
	}
	return NULL;
}

/* The directory of a task's control group, in the hierarchy that tells containers apart. */
__hidden struct kernfs_node *cgroup_node(struct task_struct *task)
{
	struct css_set *set = READ(task, cgroups);
	struct cgroup_subsys_state *state = NULL;

	if (!cgroup_hierarchy)
		return READ(set, dfl_cgrp, kn);
	if (cgroup_controller < 0)
		return READ(named_cgroup(set), kn);
	bpf_probe_read_kernel(&state, sizeof(state),
			      (void *)set + bpf_core_field_offset(struct css_set, subsys) + cgroup_controller * sizeof(state));
	return READ(state, cgroup, kn);
}

static __always_inline u64 cgroup_of(struct task_struct *task)
{
	return READ(cgroup_node(task), id);
}

static __always_inline u64 current_cgroup(void)
{
	return cgroup_hierarchy ? cgroup_of((void *)bpf_get_current_task()) : bpf_get_current_cgroup_id();
}

static __always_inline void put_process(struct slot *slot, struct process *process)
{
	slot->record.flags = process->flags & ~PROCESS_PRIVATE;
	slot->record.start = process->start;
	slot->record.pid = process->pid;
	slot->record.parent_start = process->parent_start;
	slot->record.parent_pid = process->parent_pid;
}

static __always_inline void put_header(struct slot *slot, u32 kind, u32 hook, u32 length)
{
	u64 id = bpf_get_current_pid_tgid();

	slot->record.length = length;
	slot->record.kind = kind;
	slot->record.hook = hook;
	slot->record.generation = my_generation;
	slot->record.time = bpf_ktime_get_boot_ns();
	slot->record.tid = id;
	slot->record.cgroup = current_cgroup();
	slot->record.cpu = bpf_get_smp_processor_id();
}

#endif
