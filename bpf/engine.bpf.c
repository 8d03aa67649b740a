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
#include "digest.h"
#include "hook.h"
#include "text.h"
#include "file.h"
#include "sock.h"
#include "skb.h"
#include "privilege.h"
#include "object.h"
#include "stack.h"
#include "call.h"
#include "user.h"

#define SIGNAL_GROUP_EXIT	4	/* include/linux/sched/signal.h */

/*
 * What policies say of an execution or an exit: whether it is an event, which is then sent. Generated code replaces them. `program` is a
 * struct linux_binprm.
 */
__weak __hidden u64 decide_execution(u64 slot, u64 process, u64 program, u64 flags)
{
	return !slot || !process;
}

__weak __hidden u64 decide_exit(u64 slot, u64 process, u64 status, u64 code, u64 signal)
{
	return !slot || !process;
}

/* Whether the end of a process that executes a program may be an event: by then there is no memory any more to tell of it. */
__weak __hidden u64 expects_exit(u64 slot, u64 process)
{
	return !slot || !process;
}

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
	u32 level, flags, i, told, filters = event_filters();

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
	/* Where exits are chosen, a child of one whose exit may be wanted may be wanted too. */
	told = !(filters & FILTER_EXECUTIONS) || ((filters & FILTER_EXITS) && (above->flags & PROCESS_TOLD));
	/* The child's record says what it has of its parent; older policies may have left that one out. */
	if (told && !(above->flags & PROCESS_TOLD))
		tell_process(above);
	process->start = READ(child, start_boottime);
	process->parent_start = above->start;
	process->parent_pid = above->pid;
	flags = PROCESS_FORKED | (told ? PROCESS_TOLD : 0) | (above->flags & (PROCESS_IN_INIT_TREE | PROCESS_UNLINKED | PROCESS_MEMFD));
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
	if (!told) {
		slot_release(slot);
		return 0;
	}

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
	u32 filters = event_filters();
	u64 path, replaced_start;
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
	replaced_start = process->start;
	path = execution_renew(slot, process, READ(bprm, per_clear));
	/* What user space knows is followed, wanted or not. */
	if (!(filters & FILTER_EXECUTIONS) || (process->flags & PROCESS_KNOWN) ||
	    ((filters & FILTER_EXITS) && expects_exit((u64)slot, (u64)process))) {
		execution_begin(slot, process, replaced_start);
		slot->record.time = process->start;
		if (filters & FILTER_EXECUTIONS)
			slot->record.flags |= PROCESS_LATE;
		execution_paths(slot, process, path, (u64)BPF_CORE_READ(bprm, filename));
		if (execution_texts(slot, process))
			count_loss(0);
		else
			count_sent(0);
		process->flags |= filters & FILTER_EXECUTIONS ? PROCESS_TOLD : PROCESS_TOLD | PROCESS_SHOWN;
	}
	if ((filters & FILTER_EXECUTIONS) &&
	    decide_execution((u64)slot, (u64)process, (u64)bprm, process->flags & ~PROCESS_PRIVATE))
		process->flags |= PROCESS_SHOWN;
	slot_release(slot);
	return 0;
}

/* Sends the record of an end. */
static __always_inline void tell_exit(struct slot *slot, struct process *process, u32 status, u32 silent)
{
	put_header(slot, RECORD_EXIT, 0, sizeof(struct exit_record));
	put_process(slot, process);
	slot->exit.status = status;
	slot->exit.silent = silent;
	if (send(slot))
		count_loss(0);
	else
		count_sent(0);
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct task_struct *current = bpf_get_current_task_btf();
	struct signal_struct *signal = READ(current, signal);
	u32 pid = bpf_get_current_pid_tgid() >> 32;
	u32 status, silent, told, filters = event_filters();
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
	/* kernel/exit.c: wait_task_zombie */
	if (READ(signal, flags) & SIGNAL_GROUP_EXIT)
		status = READ(signal, group_exit_code);
	else
		status = READ(current, group_leader, exit_code);
	/* Older policies may have left it out. */
	if (!(filters & FILTER_EXECUTIONS) && !(process->flags & PROCESS_TOLD))
		tell_process(process);
	silent = (filters & FILTER_EXITS) || ((filters & FILTER_EXECUTIONS) && !(process->flags & PROCESS_SHOWN));
	told = !(filters & FILTER_EXECUTIONS) || (process->flags & PROCESS_KNOWN);
	if (told)
		tell_exit(slot, process, status, silent);
	if ((filters & FILTER_EXITS) && decide_exit((u64)slot, (u64)process, status, (status >> 8) & 0xff, status & 0x7f) && !told)
		tell_exit(slot, process, status, silent);
	slot_release(slot);
	return 0;
}

/*
 * A group is made before a process is moved into it: user space learns which container it is of while the runtime is still
 * at work. The reader is woken, since a container's first program is soon to run.
 */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	struct slot *slot;
	long length;

	if (READ(cgroup, root, hierarchy_id) != cgroup_hierarchy)
		return 0;
	slot = sensor_begin();
	if (!slot)
		return 0;
	put_header(slot, RECORD_CGROUP, 0, sizeof(struct cgroup_record));
	slot->record.flags = 0;
	slot->record.start = 0;
	slot->record.pid = 0;
	slot->record.parent_start = 0;
	slot->record.parent_pid = 0;
	slot->record.cgroup = READ(cgroup, kn, id);
	slot->made.reserved = 0;
	length = bpf_probe_read_kernel_str(slot->scratch, MAX_STRING, path);
	slot->made.path_length = append(slot, slot->scratch, length > 0 ? length - 1 : 0, BODY_SIZE);
	length = slot->record.length;
	if (length < sizeof(struct record) || length > BODY_SIZE)
		length = sizeof(struct record);
	sensor_end(slot, bpf_ringbuf_output(&events, slot->body, length, BPF_RB_FORCE_WAKEUP) != 0);
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
	/* Who reads this knows of it from here on. */
	__sync_fetch_and_or(&process->flags, PROCESS_TOLD);
	listed.start = process->start;
	listed.parent_start = process->parent_start;
	listed.pid = process->pid;
	listed.parent_pid = process->parent_pid;
	listed.flags = process->flags & ~PROCESS_PRIVATE;
	bpf_seq_write(context->meta->seq, &listed, sizeof(listed));
	return 0;
}

LICENSE("Dual BSD/GPL");
