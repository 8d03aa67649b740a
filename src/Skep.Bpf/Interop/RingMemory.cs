using System.Numerics;

namespace Skep.Bpf.Interop;

/// <summary>The mappings of one ring buffer. What this process may not write is mapped read-only, as the kernel insists.</summary>
sealed unsafe class RingMemory : IDisposable
{
    readonly MemoryMapping _own, _other;

    RingMemory(MemoryMapping own, MemoryMapping other, RingView view) => (_own, _other, View) = (own, other, view);

    /// <summary>The ring. Valid until <see cref="Dispose"/>.</summary>
    public RingView View { get; }

    /// <summary>Maps a ring that programs fill: we own the consumer's page, the producer's page and the data are the kernel's.</summary>
    /// <param name="map">The map.</param>
    /// <param name="size">Bytes of its data.</param>
    /// <param name="longestRecord">As far as this the data is mapped a second time, so that a record at its end is contiguous.</param>
    /// <param name="operation">For errors.</param>
    public static RingMemory MapForReading(FileDescriptor map, uint size, uint longestRecord, string operation)
    {
        var page = CheckSize(size, operation);
        var second = Math.Min(size, (nuint)RingView.SizeOf(longestRecord) + page - 1 & ~(page - 1));
        var consumer = MemoryMapping.Shared(map, 0, page, writable: true, operation);
        var producer = MapSecond(consumer, map, page, page + size + second, writable: false, operation);
        return new RingMemory(consumer, producer, new RingView(consumer.Address, producer.Address, producer.Address + page, size - 1));
    }

    /// <summary>Maps a ring that we fill for programs: the consumer's page is the kernel's, all else is ours.</summary>
    public static RingMemory MapForWriting(FileDescriptor map, uint size, string operation)
    {
        var page = CheckSize(size, operation);
        var consumer = MemoryMapping.Shared(map, 0, page, writable: false, operation);
        var producer = MapSecond(consumer, map, page, page + 2 * (nuint)size, writable: true, operation);
        return new RingMemory(producer, consumer, new RingView(consumer.Address, producer.Address, producer.Address + page, size - 1));
    }

    /// <summary>A ring in private memory, not mapped twice: for tests of hostile content.</summary>
    public static RingMemory Private(uint size)
    {
        var page = (nuint)Environment.SystemPageSize;
        var all = MemoryMapping.Anonymous(2 * page + 2 * (nuint)size);
        return new RingMemory(all, all, new RingView(all.Address, all.Address + page, all.Address + 2 * page, size - 1));
    }

    public void Dispose()
    {
        _own.Dispose();
        _other.Dispose();
    }

    static MemoryMapping MapSecond(MemoryMapping first, FileDescriptor map, nuint offset, nuint length, bool writable, string operation)
    {
        try
        {
            return MemoryMapping.Shared(map, offset, length, writable, operation);
        }
        catch
        {
            first.Dispose();
            throw;
        }
    }

    static nuint CheckSize(uint size, string operation)
    {
        var page = Environment.SystemPageSize;
        if (!BitOperations.IsPow2(size) || size < page) throw new BpfException($"{operation}: a ring has a power of two of pages, not {size} bytes");
        return (nuint)page;
    }
}
