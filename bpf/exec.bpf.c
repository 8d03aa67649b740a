// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Reports every program that starts and every process that ends. */
#include "kernel.h"
#include "helpers.h"

#define FILENAME_SIZE 512
#define ARGUMENTS_SIZE 4096

enum event_kind {
	EVENT_EXEC = 1,
	EVENT_EXIT = 2,
};

enum event_flags {
	FILENAME_CUT = 1 << 0,
	ARGUMENTS_CUT = 1 << 1,
	/* The arguments' page was not there to be read. */
	ARGUMENTS_UNREAD = 1 << 2,
};

/* Known to ProcessEvent.cs by its offsets. */
struct event {
	u32 kind;
	u32 pid;
	u32 ppid;
	u32 uid;
	u64 time;	/* nanoseconds since boot, sleep included */
	u64 start;	/* of the process, same clock */
	u64 cgroup;
	char comm[TASK_COMM_LEN];
	u32 exit_status;	/* as of wait(2) */
	u16 filename_length;
	u16 arguments_length;
	u32 flags;
	u32 reserved;
	char data[FILENAME_SIZE + ARGUMENTS_SIZE]; /* the file name, then the arguments with their NULs */
};

struct exited_key {
	u64 start;
	u32 pid;
	u32 reserved;
};

struct atomic_counter {
	int counter;
};

struct signal_struct___live {
	struct atomic_counter live;
	int group_exit_code;
} __attribute__((preserve_access_index));

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 * 1024 * 1024);
} events SEC(".maps");

/* An event is too large for the stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event);
} scratch SEC(".maps");

/* Processes whose end was reported: two last threads that end at once both see no live one left. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, struct exited_key);
	__type(value, u8);
} exited SEC(".maps");

u64 lost = 0;

static __always_inline struct event *begin(struct task_struct *task, u32 kind)
{
	u32 zero = 0;
	struct event *event = bpf_map_lookup_elem(&scratch, &zero);

	if (!event)
		return NULL;
	event->kind = kind;
	event->pid = bpf_get_current_pid_tgid() >> 32;
	event->ppid = BPF_CORE_READ(task, real_parent, tgid);
	event->uid = (u32)bpf_get_current_uid_gid();
	event->time = bpf_ktime_get_boot_ns();
	event->start = BPF_CORE_READ(task, group_leader, start_boottime);
	event->cgroup = bpf_get_current_cgroup_id();
	bpf_get_current_comm(event->comm, sizeof(event->comm));
	event->exit_status = 0;
	event->filename_length = 0;
	event->arguments_length = 0;
	event->flags = 0;
	event->reserved = 0;
	return event;
}

static __always_inline void send(struct event *event, u64 length)
{
	if (bpf_ringbuf_output(&events, event, offsetof(struct event, data) + length, 0))
		__sync_fetch_and_add(&lost, 1);
}

SEC("tp/sched/sched_process_exec")
int on_exec(struct trace_event_raw_sched_process_exec *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct event *event = begin(task, EVENT_EXEC);
	u64 start, end, filename = 0, arguments = 0;
	u32 location = ctx->__data_loc_filename;
	long read;

	if (!event)
		return 0;

	read = bpf_probe_read_kernel_str(event->data, FILENAME_SIZE, (void *)ctx + (location & 0xffff));
	if (read > 0)
		filename = (read - 1) & (FILENAME_SIZE - 1);
	if ((location >> 16) > FILENAME_SIZE)
		event->flags |= FILENAME_CUT;

	start = BPF_CORE_READ(task, mm, arg_start);
	end = BPF_CORE_READ(task, mm, arg_end);
	arguments = end - start;
	if (arguments > ARGUMENTS_SIZE - 1) {
		arguments = ARGUMENTS_SIZE - 1;
		event->flags |= ARGUMENTS_CUT;
	}
	/* Hidden from the compiler, which would drop the mask that the verifier needs. */
	barrier_var(arguments);
	arguments &= ARGUMENTS_SIZE - 1;
	if (bpf_probe_read_user(event->data + filename, arguments, (void *)start)) {
		event->flags |= ARGUMENTS_UNREAD;
		arguments = 0;
	}
	event->filename_length = filename;
	event->arguments_length = arguments;
	send(event, filename + arguments);
	return 0;
}

SEC("tp/sched/sched_process_exit")
int on_exit(void *ctx)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct signal_struct___live *signal;
	struct exited_key key = {};
	struct event *event;
	u8 seen = 1;

	/* A thread ends; the process does with its last one. */
	signal = (void *)BPF_CORE_READ(task, signal);
	if (BPF_CORE_READ(signal, live.counter) > 0)
		return 0;

	key.pid = bpf_get_current_pid_tgid() >> 32;
	key.start = BPF_CORE_READ(task, group_leader, start_boottime);
	if (bpf_map_update_elem(&exited, &key, &seen, BPF_NOEXIST))
		return 0;

	event = begin(task, EVENT_EXIT);
	if (!event)
		return 0;
	/* kernel/exit.c: wait_task_zombie */
	event->exit_status = BPF_CORE_READ(signal, group_exit_code);
	if (!event->exit_status)
		event->exit_status = BPF_CORE_READ(task, group_leader, exit_code);
	send(event, 0);
	return 0;
}

LICENSE("Dual BSD/GPL");
