/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The record of an execution: who, what, where, with which arguments. */
#ifndef SKEP_EXECUTION_H
#define SKEP_EXECUTION_H

#include "process.h"

#define S_ISUID	04000
#define S_ISGID	02000
#define S_IXGRP	00010

#define SECURE_NOROOT	(1 << 0)
#define PAGE_SIZE	4096
#define TMPFS_MAGIC	0x01021994
#define OVERLAYFS_SUPER_MAGIC	0x794c7630
#define SECOND	1000000000ULL

/* The kernel takes arguments and environment of at most three quarters of 8 MB. */
#define MAX_NAMED	32	/* ancestors */
#define MAX_PIECES	(6 * 1024 * 1024 / PAGE_SIZE + 2)

static __always_inline void count_loss(u32 hook)
{
	struct hook_counters *count = get_counters(hook);

	if (count)
		__sync_fetch_and_add(&count->lost_ring, 1);
}

static __always_inline void count_sent(u32 hook)
{
	struct hook_counters *count = get_counters(hook);

	if (count)
		__sync_fetch_and_add(&count->sent, 1);
}

/* Ids and capabilities that came with the file. */
static __always_inline u32 privilege_flags(const struct cred *cred, struct inode *inode, u32 per_clear)
{
	u32 uid = READ(cred, uid.val), euid = READ(cred, euid.val), root = root_uid(cred);
	u32 gid = READ(cred, gid.val), egid = READ(cred, egid.val);
	u32 mode = READ(inode, i_mode);
	u32 flags = 0;

	if ((mode & S_ISUID) && per_clear && euid != uid && euid == READ(inode, i_uid.val))
		flags |= PROCESS_SETUID;
	if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && per_clear && egid != gid)
		flags |= PROCESS_SETGID;
	/*
	 * security/commoncap.c: cap_bprm_creds_from_file gives a process without root's uid only ambient capabilities,
	 * and those of the file.
	 */
	if (((uid != root && euid != root) || (READ(cred, securebits) & SECURE_NOROOT)) &&
	    (CAPABILITIES(cred, cap_permitted) & ~CAPABILITIES(cred, cap_ambient)))
		flags |= PROCESS_FILE_CAPABILITIES;
	return flags;
}

/* As new_encode_dev does it. */
static __always_inline u32 terminal_of(struct signal_struct *signal)
{
	struct tty_struct *tty = READ(signal, tty);
	struct tty_driver *driver;
	u32 minor;

	if (!tty)
		return 0;
	driver = READ(tty, driver);
	minor = READ(driver, minor_start) + READ(tty, index);
	return (minor & 0xff) | (READ(driver, major) << 8) | ((minor & ~0xff) << 12);
}

/* Inodes have kept their times in three ways: until 6.5 (6.6 the other one), until 6.10, and since. */
static __always_inline u64 changed_at(struct inode *inode)
{
	struct inode___until_6_10 *until_6_10 = (void *)inode;
	struct inode___since_6_11 *since_6_11 = (void *)inode;

	if (bpf_core_field_exists(since_6_11->i_ctime_sec))
		return READ(since_6_11, i_ctime_sec) * SECOND + READ(since_6_11, i_ctime_nsec);
	if (bpf_core_field_exists(until_6_10->__i_ctime))
		return READ(until_6_10, __i_ctime.tv_sec) * SECOND + READ(until_6_10, __i_ctime.tv_nsec);
	return READ(inode, i_ctime.tv_sec) * SECOND + READ(inode, i_ctime.tv_nsec);
}

static __always_inline u64 modified_at(struct inode *inode)
{
	struct inode___until_6_10 *until_6_10 = (void *)inode;
	struct inode___since_6_11 *since_6_11 = (void *)inode;

	if (bpf_core_field_exists(since_6_11->i_mtime_sec))
		return READ(since_6_11, i_mtime_sec) * SECOND + READ(since_6_11, i_mtime_nsec);
	if (bpf_core_field_exists(until_6_10->__i_mtime))
		return READ(until_6_10, __i_mtime.tv_sec) * SECOND + READ(until_6_10, __i_mtime.tv_nsec);
	return READ(inode, i_mtime.tv_sec) * SECOND + READ(inode, i_mtime.tv_nsec);
}

/* Overlayfs keeps what its inode stands for behind it: first the upper layer's entry (fs/overlayfs/ovl_entry.h: struct ovl_inode). */
static __always_inline bool is_upper_layer(struct inode *inode)
{
	void *upper = NULL;

	if (READ(inode, i_sb, s_magic) != OVERLAYFS_SUPER_MAGIC)
		return false;
	return !bpf_probe_read_kernel(&upper, sizeof(upper), (void *)inode + bpf_core_type_size(struct inode)) && upper;
}

/*
 * Renews the record of a process that has executed a program, and evaluates it. Returns the path of the executable, which lies in the
 * slot's scratch; the slot's record stays as it is.
 */
__noinline u64 execution_renew(struct slot *slot, struct process *process, u32 per_clear)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const struct cred *cred = READ(task, cred);
	struct file *file = READ(task, mm, exe_file);
	struct inode *inode = READ(file, f_inode);
	struct upid upid = {};
	u32 level, flags;
	u64 path, offset;

	if (!slot || !process)
		return 0;
	flags = process->flags & (PROCESS_IN_INIT_TREE | PROCESS_THREAD_EXEC | PROCESS_KNOWN);
	flags |= privilege_flags(cred, inode, per_clear);
	if (!READ(inode, i_nlink))
		flags |= PROCESS_UNLINKED;
	if (is_upper_layer(inode))
		flags |= PROCESS_UPPER_LAYER;
	upid_of(task, &upid, &level);
	if (level && upid.nr == 1)
		flags |= PROCESS_IN_INIT_TREE;
	process->start = bpf_ktime_get_boot_ns();
	read_capabilities(process, task);
	read_namespaces(&process->namespaces, task);

	path = process_evaluate(process, slot, task);
	copy_bits(ATOMS(process)->own, ATOMS(&slot->evaluated)->own);
	ATOMS(process)->generation = my_generation;
	if (!PATH_LENGTH(path) || (PATH_FLAGS(path) & ARGUMENT_UNRESOLVED))
		flags |= PROCESS_EXECUTABLE_UNREAD;
	if (PATH_FLAGS(path) & ARGUMENT_UNLINKED) {
		flags |= PROCESS_UNLINKED;
		/* memfd_create names its files so, and no other file of tmpfs lacks a place. */
		offset = PATH_OFFSET(path) & (MAX_STRING - 1);
		if (READ(task, mm, exe_file, f_inode, i_sb, s_magic) == TMPFS_MAGIC &&
		    READ(task, mm, exe_file, f_path.dentry) ==
			    READ(task, mm, exe_file, f_path.dentry, d_parent) &&
		    slot->scratch[offset + 1] == 'm')
			flags |= PROCESS_MEMFD;
	}
	process->flags = flags;
	return path;
}

/* Begins the record of the current process as it is, with what has a fixed size. */
__noinline int execution_begin(struct slot *slot, struct process *process, u64 replaced_start)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct exec_record *exec;
	struct inode *inode = READ(task, mm, exe_file, f_inode);
	struct upid upid = {};
	u32 level;

	if (!slot || !process)
		return -1;
	exec = &slot->exec;
	put_header(slot, RECORD_EXEC, 0, sizeof(struct exec_record));
	put_process(slot, process);
	exec->replaced_start = replaced_start;
	read_credentials(&exec->credentials, READ(task, cred));
	read_namespaces(&exec->namespaces, task);
	exec->inode = READ(inode, i_ino);
	exec->links = READ(inode, i_nlink);
	exec->mode = READ(inode, i_mode);
	exec->auid = -1;
	exec->session = -1;
	if (bpf_core_field_exists(task->loginuid)) {
		exec->auid = READ(task, loginuid.val);
		exec->session = READ(task, sessionid);
	}
	upid_of(READ(task, group_leader), &upid, &level);
	exec->pid_in_namespace = upid.nr;
	exec->terminal = terminal_of(READ(task, signal));
	exec->process_group = READ(task, signal, pids[PIDTYPE_PGID], numbers[0].nr);
	exec->process_session = READ(task, signal, pids[PIDTYPE_SID], numbers[0].nr);
	exec->changed = changed_at(inode);
	exec->modified = modified_at(inode);
	exec->arguments_total = READ(task, mm, arg_end) - READ(task, mm, arg_start);
	exec->environment_total = READ(task, mm, env_end) - READ(task, mm, env_start);
	exec->executable_length = 0;
	exec->filename_length = 0;
	exec->cwd_length = 0;
	exec->cgroup_length = 0;
	exec->arguments_length = 0;
	exec->environment_length = 0;
	/* 6.1 writes nothing behind the NUL. */
	__builtin_memset(exec->comm, 0, sizeof(exec->comm));
	bpf_get_current_comm(exec->comm, sizeof(exec->comm));
	return 0;
}

/* Several threads of a process may tell of it at once. */
static __always_inline void add_flags(struct slot *slot, struct process *process, u32 flags)
{
	if (flags)
		__sync_fetch_and_or(&process->flags, flags);
	slot->record.flags |= flags;
}

/* Appends the paths. That of the executable is in the scratch already, or is read when it is 0; `filename` is 0 where it is not known. */
__noinline int execution_paths(struct slot *slot, struct process *process, u64 executable, u64 filename)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 path = executable, length;
	struct fs_struct *fs;
	const char *name;
	u32 flags = 0;
	u8 next;
	long read;

	if (!slot || !process)
		return -1;
	fs = READ(task, fs);
	if (!path) {
		path = path_of_file(slot, READ(task, mm, exe_file), fs);
		if (!PATH_LENGTH(path) || (PATH_FLAGS(path) & ARGUMENT_UNRESOLVED))
			flags |= PROCESS_EXECUTABLE_UNREAD;
		if (PATH_FLAGS(path) & ARGUMENT_UNLINKED)
			flags |= PROCESS_UNLINKED;
	}
	slot->exec.executable_length = append_path(slot, path, BODY_SIZE);

	/* Read into the scratch's second half, whose size is what a name may have. */
	read = filename ? bpf_probe_read_kernel_str(slot->scratch + MAX_STRING, MAX_STRING, (void *)filename) : 0;
	length = read > 0 ? read - 1 : 0;
	if (read == MAX_STRING && bpf_probe_read_kernel(&next, 1, (void *)filename + MAX_STRING - 1) == 0 && next)
		flags |= PROCESS_FILENAME_CUT;
	slot->exec.filename_length = append(slot, slot->scratch + MAX_STRING, length, BODY_SIZE);

	if (fs) {
		path = path_read(slot, READ(fs, pwd.mnt), READ(fs, pwd.dentry), fs);
		slot->exec.cwd_length = append_path(slot, path, BODY_SIZE);
		if (!PATH_LENGTH(path) || (PATH_FLAGS(path) & ARGUMENT_UNRESOLVED))
			flags |= PROCESS_CWD_UNREAD;
		else if (PATH_LENGTH(path) == 1)
			flags |= PROCESS_ROOT_CWD;
	} else {
		flags |= PROCESS_NO_CWD;
	}

	name = READ(cgroup_node(task), name);
	read = bpf_probe_read_kernel_str(slot->scratch + MAX_STRING, NAME_MAX + 1, name);
	length = read > 0 ? read - 1 : 0;
	slot->exec.cgroup_length = append(slot, slot->scratch + MAX_STRING, length, BODY_SIZE);
	add_flags(slot, process, flags);
	return 0;
}

/*
 * How far a stream has come. It lies in the slot, not on the stack: what the verifier (6.7 and later) knows of numbers on
 * the stack differs after each step of a loop, and it would follow every one.
 */
struct stream {
	u64 from;
	u64 left;
	u32 part;
	u32 offset;
};

struct stream_ends {
	struct slot *slot;
	struct process *process;
};

/* Appends one piece of the arguments or the environment; a full record is sent and another begun. */
static long stream_step(u32 index, void *context)
{
	struct stream_ends *ends = context;
	struct process *process = ends->process;
	struct slot *slot = ends->slot;
	struct stream *stream = (void *)slot->value;
	u64 left = stream->left, from = stream->from, at, length;

	if (left == 0)
		return 1;
	/* A page at a time: one that cannot be read costs no other. */
	length = PAGE_SIZE - (from & (PAGE_SIZE - 1));
	if (length > left)
		length = left;
	at = slot->record.length;
	if (at + length > BODY_SIZE ||
	    (slot->record.kind == RECORD_MORE && slot->more.part != stream->part)) {
		if (send(slot))
			count_loss(0);
		else
			count_sent(0);
		slot->record.kind = RECORD_MORE;
		slot->more.part = stream->part;
		slot->more.offset = stream->offset;
		slot->more.data_length = 0;
		slot->more.reserved = 0;
		at = sizeof(struct more_record);
	}
	/* 6.1 does not see that both are bounded by the comparison of their sum. */
	barrier_var(at);
	barrier_var(length);
	if (at > BODY_SIZE || length > PAGE_SIZE)
		return 1;
	if (bpf_probe_read_user(slot->body + at, length, (void *)from))
		add_flags(slot, process, stream->part ? PROCESS_ENVIRONMENT_UNREAD : PROCESS_ARGUMENTS_UNREAD);
	slot->record.length = at + length;
	if (slot->record.kind == RECORD_MORE)
		slot->more.data_length += length;
	else if (stream->part)
		slot->exec.environment_length += length;
	else
		slot->exec.arguments_length += length;
	stream->from = from + length;
	stream->left = left - length;
	stream->offset += length;
	return 0;
}

/* Appends arguments and environment and sends the record, or as many as it takes. */
__noinline int execution_texts(struct slot *slot, struct process *process)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct control *settings = get_control();
	struct stream_ends ends;
	struct stream *stream;
	u64 start, end;

	if (!slot || !process || !settings)
		return -1;
	ends.slot = slot;
	ends.process = process;
	stream = (void *)slot->value;
	stream->part = 0;
	stream->offset = 0;

	start = READ(task, mm, arg_start);
	end = READ(task, mm, arg_end);
	stream->from = start;
	stream->left = end - start;
	if (stream->left > settings->argument_limit) {
		stream->left = settings->argument_limit;
		add_flags(slot, process, PROCESS_ARGUMENTS_CUT);
	}
	bpf_loop(MAX_PIECES, stream_step, &ends, 0);

	if (settings->flags & CONTROL_ENVIRONMENT) {
		start = READ(task, mm, env_start);
		end = READ(task, mm, env_end);
		stream->from = start;
		stream->left = end - start;
		stream->part = 1;
		stream->offset = 0;
		if (stream->left > settings->environment_limit) {
			stream->left = settings->environment_limit;
			add_flags(slot, process, PROCESS_ENVIRONMENT_CUT);
		}
		bpf_loop(MAX_PIECES, stream_step, &ends, 0);
	}
	return send(slot);
}

/*
 * User space will make stand-ins for the ancestors that it was not told of: it wants to hear when they end. Those of one that it knows were named when
 * it came to know that one.
 */
static __always_inline void name_ancestors(struct process *process)
{
	struct task_struct *task = bpf_get_current_task_btf()->group_leader;
	u64 start = process->parent_start;
	struct process *above;

	for (int i = 0; i < MAX_NAMED; i++) {
		task = task->real_parent->group_leader;
		above = bpf_task_storage_get(&processes, task, NULL, 0);
		if (!above || !above->pid || above->flags & PROCESS_KNOWN)
			break;
		/* It may have executed another program since, and is not that ancestor any more. */
		if (above->start == start)
			__sync_fetch_and_or(&above->flags, PROCESS_NAMED);
		start = above->parent_start;
	}
}

/*
 * Sends the record of the current process, as it is now, because something of it is wanted: policies had it that its execution was no event.
 * One that ends has no memory to read any more, and kernel threads never had: user space makes a stand-in for them.
 */
__noinline int tell_process(struct process *process)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct hook_counters *count;
	struct slot *slot;
	int error;

	if (!process || !READ(task, mm))
		return -1;
	slot = slot_acquire();
	if (!slot) {
		count = get_counters(0);
		if (count)
			__sync_fetch_and_add(&count->lost_slot, 1);
		return -1;
	}
	execution_begin(slot, process, 0);
	slot->record.flags |= PROCESS_LATE;
	execution_paths(slot, process, 0, 0);
	error = execution_texts(slot, process);
	slot_release(slot);
	if (error) {
		count_loss(0);
		return -1;
	}
	count_sent(0);
	__sync_fetch_and_or(&process->flags, PROCESS_TOLD);
	name_ancestors(process);
	return 0;
}

#endif
