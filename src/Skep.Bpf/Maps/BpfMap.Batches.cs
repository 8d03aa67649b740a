using Skep.Bpf.Interop;

namespace Skep.Bpf;

public partial class BpfMap
{
    /// <summary>Reads all elements in batches of about <paramref name="batchSize"/>; single operations stand in where the kernel has no batches.</summary>
    public MapBatchReader ReadBatches(int batchSize = 256) => new(this, batchSize, delete: false);

    /// <summary>As <see cref="ReadBatches"/>, and deletes what it returns.</summary>
    public MapBatchReader DrainBatches(int batchSize = 256) => new(this, batchSize, delete: true);

    /// <summary>
    /// Writes many elements with one system call where the kernel offers it (since Linux 5.6 for hashes and arrays), otherwise one by one.
    /// </summary>
    /// <param name="keys">The keys, one after another.</param>
    /// <param name="values">As many values of <see cref="UserValueSize"/> bytes.</param>
    /// <param name="flags">Applies to every element.</param>
    /// <exception cref="BpfSyscallException">An element was refused; those before it are written.</exception>
    public void UpdateBatch(ReadOnlySpan<byte> keys, ReadOnlySpan<byte> values, MapUpdateFlags flags = MapUpdateFlags.Any)
    {
        var keySize = (int)KeySize;
        var total = CountOf(keys);
        if (values.Length != (long)total * UserValueSize) throw new ArgumentException($"map '{Name}': {total} keys need {(long)total * UserValueSize} bytes of values, not {values.Length}");
        if (total == 0) return;
        var count = (uint)total;
        var result = MapCalls.Batch(BpfCommand.MapUpdateBatch, Fd, default, default, keys, values, ref count, (ulong)flags);
        if (result >= 0) return;
        // ENOTSUPP: this kind of map has no batches. EINVAL: so says a kernel before 5.6, or the first element is wrong and fails again alone.
        var done = LacksBatches(result) ? 0 : (int)Math.Min(count, (uint)total);
        if (!LacksBatches(result)) throw Failure($"update element {done} of {total} in", -result);
        for (; done < total; done++) Update(keys.Slice(done * keySize, keySize), values.Slice(done * UserValueSize, UserValueSize), flags);
    }

    /// <summary>Deletes many elements and returns how many existed.</summary>
    /// <param name="keys">The keys, one after another.</param>
    public int DeleteBatch(ReadOnlySpan<byte> keys)
    {
        var keySize = (int)KeySize;
        var total = CountOf(keys);
        var (position, deleted) = (0, 0);
        while (position < total)
        {
            var count = (uint)(total - position);
            var result = MapCalls.Batch(BpfCommand.MapDeleteBatch, Fd, default, default, keys[(position * keySize)..], default, ref count, 0);
            if (LacksBatches(result)) break;
            var processed = (int)Math.Min(count, (uint)(total - position));
            deleted += processed;
            if (result >= 0) return deleted;
            if (result != -Errno.ENOENT) throw Failure($"delete element {position + processed} of {total} in", -result);
            // The kernel stops at the first absent key (kernel/bpf/syscall.c: generic_map_delete_batch); go on behind it.
            position += processed + 1;
        }
        for (; position < total; position++)
        {
            if (Delete(keys.Slice(position * keySize, keySize))) deleted++;
        }
        return deleted;
    }

    /// <summary>Whether a batch command failed because there is no such command for this map or on this kernel.</summary>
    internal static bool LacksBatches(int result) => result is -Errno.ENOTSUPP or -Errno.EOPNOTSUPP or -Errno.EINVAL;

    int CountOf(ReadOnlySpan<byte> keys)
    {
        if (KeySize == 0 || keys.Length % (int)KeySize != 0) throw new ArgumentException($"map '{Name}': {keys.Length} bytes are no whole number of keys of {KeySize} bytes");
        return keys.Length / (int)KeySize;
    }
}
