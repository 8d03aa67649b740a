// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The engine's kernel side that does not change with policies: working memory, records of processes, readers of
 * arguments, and the process sensor. Generated programs are linked with it and call its functions.
 */
#include "engine.h"
#include "maps.h"
#include "slot.h"
#include "path.h"
#include "credentials.h"
#include "process.h"
#include "execution.h"
#include "hook.h"
#include "text.h"
#include "file.h"
#include "sock.h"
#include "skb.h"
#include "privilege.h"
#include "object.h"
#include "stack.h"
#include "user.h"

#define SIGNAL_GROUP_EXIT	4	/* include/linux/sched/signal.h */

/* Claims a slot for a run of the process sensor and counts the run. */
static __always_inline struct slot *sensor_begin(void)
{
	struct hook_counters *count = get_counters(0);
	struct slot *slot = slot_acquire();

	if (count) {
		__sync_fetch_and_add(&count->hits, 1);
		if (!slot)
			__sync_fetch_and_add(&count->lost_slot, 1);
	}
	return slot;
}

static __always_inline void sensor_end(struct slot *slot, int failed)
{
	if (failed)
		count_loss(0);
	else
		count_sent(0);
	slot_release(slot);
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct process *process, *above;
	struct slot *slot;
	struct upid upid = {};
	u32 level, flags, i;

	/* A thread. */
	if (READ(child, pid) != READ(child, tgid))
		return 0;
	slot = sensor_begin();
	if (!slot)
		return 0;
	above = process_current(slot);
	process = bpf_task_storage_get(&processes, child, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!above || !process) {
		sensor_end(slot, 1);
		return 0;
	}
	process->start = READ(child, start_boottime);
	process->parent_start = above->start;
	process->parent_pid = above->pid;
	flags = PROCESS_FORKED | (above->flags & (PROCESS_IN_INIT_TREE | PROCESS_UNLINKED | PROCESS_MEMFD));
	upid_of(child, &upid, &level);
	if (level && upid.nr == 1)
		flags |= PROCESS_IN_INIT_TREE;
	process->flags = flags;
	read_capabilities(process, child);
	read_namespaces(&process->namespaces, child);
	for (i = 0; i < ATOM_WORDS; i++) {
		ATOMS(process)->own[i] = ATOMS(above)->own[i];
		ATOMS(process)->parents[i] = ATOMS(above)->own[i];
		ATOMS(process)->ancestors[i] = ATOMS(above)->ancestors[i] | ATOMS(above)->own[i];
	}
	/* Policies may ask for the first process of a pid namespace: its bits are not its parent's. */
	ATOMS(process)->generation = level && upid.nr == 1 ? 0 : my_generation;
	process->pid = READ(child, tgid);

	put_header(slot, RECORD_FORK, 0, sizeof(struct fork_record));
	put_process(slot, process);
	slot->record.tid = process->pid;
	slot->record.cgroup = cgroup_of(child);
	slot->fork.pid_in_namespace = upid.nr;
	slot->fork.reserved = 0;
	sensor_end(slot, send(slot));
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, u64 old_pid, struct linux_binprm *bprm)
{
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct process *process, *former;
	struct slot *slot;

	slot = sensor_begin();
	if (!slot)
		return 0;
	if ((u32)old_pid != pid) {
		/* fs/exec.c: de_thread made this thread the first one; the record is in the storage of the one that was. */
		former = bpf_map_lookup_elem(&departed, &pid);
		bpf_task_storage_get(&processes, bpf_get_current_task_btf(), former, BPF_LOCAL_STORAGE_GET_F_CREATE);
		bpf_map_delete_elem(&departed, &pid);
	}
	process = process_current(slot);
	if (!process) {
		sensor_end(slot, 1);
		return 0;
	}
	process->flags &= ~PROCESS_THREAD_EXEC;
	if ((u32)old_pid != pid)
		process->flags |= PROCESS_THREAD_EXEC;
	execution_identity(slot, process, READ(bprm, per_clear));
	execution_paths(slot, process, (u64)BPF_CORE_READ(bprm, filename));
	sensor_end(slot, execution_texts(slot, process));
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct signal_struct *signal = READ(current, signal);
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct process *process;
	struct slot *slot;

	if (READ(signal, live.counter) > 0) {
		if ((u32)bpf_get_current_pid_tgid() == pid) {
			process = bpf_task_storage_get(&processes, current, NULL, 0);
			if (process && process->pid)
				bpf_map_update_elem(&departed, &pid, process, BPF_ANY);
		}
		return 0;
	}
	bpf_map_delete_elem(&departed, &pid);
	slot = sensor_begin();
	if (!slot)
		return 0;
	process = process_current(slot);
	if (!process) {
		sensor_end(slot, 1);
		return 0;
	}
	/* Two last threads that end at once both see no live one left. */
	if (__sync_fetch_and_or(&process->flags, PROCESS_EXITED) & PROCESS_EXITED) {
		slot_release(slot);
		return 0;
	}
	put_header(slot, RECORD_EXIT, 0, sizeof(struct exit_record));
	put_process(slot, process);
	/* kernel/exit.c: wait_task_zombie */
	if (READ(signal, flags) & SIGNAL_GROUP_EXIT)
		slot->exit.status = READ(signal, group_exit_code);
	else
		slot->exit.status = READ(current, group_leader, exit_code);
	slot->exit.reserved = 0;
	sensor_end(slot, send(slot));
	return 0;
}

/*
 * Tells which processes the kernel has records of. An agent that takes over from another one learns from it who is who:
 * /proc knows when a process was created, not when it last executed a program.
 */
SEC("iter/task")
int list_processes(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct listed_process listed = {};
	struct process *process;

	if (!task || task->pid != task->tgid)
		return 0;
	process = bpf_task_storage_get(&processes, task, NULL, 0);
	if (!process || !process->pid || (process->flags & PROCESS_EXITED))
		return 0;
	listed.start = process->start;
	listed.parent_start = process->parent_start;
	listed.pid = process->pid;
	listed.parent_pid = process->parent_pid;
	listed.flags = process->flags;
	bpf_seq_write(context->meta->seq, &listed, sizeof(listed));
	return 0;
}

LICENSE("Dual BSD/GPL");
