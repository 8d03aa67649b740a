/* SPDX-License-Identifier: Apache-2.0 */
/* What the benchmarks measure our library against: libbpf and the bare system call, called from C. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

struct consumer {
	struct ring_buffer *ring;
	uint64_t records;
	uint64_t sum;
};

static int on_record(void *context, void *data, size_t size)
{
	struct consumer *consumer = context;

	consumer->records++;
	consumer->sum += *(uint64_t *)data;
	return 0;
}

struct consumer *ring_open(int map)
{
	struct consumer *consumer = calloc(1, sizeof(*consumer));

	consumer->ring = ring_buffer__new(map, on_record, consumer, NULL);
	return consumer;
}

void ring_close(struct consumer *consumer)
{
	ring_buffer__free(consumer->ring);
	free(consumer);
}

uint64_t ring_records(const struct consumer *consumer)
{
	return consumer->records;
}

/* Polls until told to stop; a timeout hands out what was submitted without a wake-up. */
void ring_run(struct consumer *consumer, const volatile int *stop, int timeout)
{
	while (!*stop) {
		if (ring_buffer__poll(consumer->ring, timeout) == 0)
			ring_buffer__consume(consumer->ring);
	}
}

void ring_drain(struct consumer *consumer)
{
	ring_buffer__consume(consumer->ring);
}

/* Looks up the keys 0 to mask, round after round, with nothing between the loop and the kernel. */
uint64_t map_lookups(int map, uint64_t mask, uint64_t count)
{
	uint64_t key, value, sum = 0;
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = map;
	attr.key = (uint64_t)(uintptr_t)&key;
	attr.value = (uint64_t)(uintptr_t)&value;
	for (uint64_t i = 0; i < count; i++) {
		key = i & mask;
		if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, 32) == 0)
			sum += value;
	}
	return sum;
}

/* Reads a hash of 8-byte keys and values in batches. */
uint64_t map_batches(int map, uint32_t size)
{
	uint64_t *keys = malloc(size * sizeof(*keys)), *values = malloc(size * sizeof(*values));
	uint64_t position = 0, sum = 0;
	void *from = NULL;
	int error;

	do {
		uint32_t count = size;

		error = bpf_map_lookup_batch(map, from, &position, keys, values, &count, NULL);
		if (error && errno != ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			sum += values[i];
		from = &position;
	} while (!error);
	free(keys);
	free(values);
	return sum;
}

int kernel_type(const char *name)
{
	struct btf *btf = btf__load_vmlinux_btf();
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT);

	btf__free(btf);
	return id;
}

static int silent(enum libbpf_print_level level, const char *format, va_list arguments)
{
	return 0;
}

/* Opens and loads an object; returns the number of its programs, or a negative error. */
int object_load(const char *path)
{
	struct bpf_program *program;
	struct bpf_object *object;
	int count = 0, error;

	libbpf_set_print(silent);
	object = bpf_object__open_file(path, NULL);
	if (!object)
		return -errno;
	error = bpf_object__load(object);
	bpf_object__for_each_program(program, object)
		count++;
	bpf_object__close(object);
	return error ? error : count;
}
