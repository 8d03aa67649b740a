using System.Buffers.Binary;

namespace Skep.Testing;

/// <summary>Finds type ids in the kernel's BTF without the library under test: probes must not fail with it.</summary>
static class KernelTypes
{
    public const uint Struct = 4, Function = 12;

    static readonly Lazy<Dictionary<(uint Kind, string Name), uint>> s_ids = new(Read);

    /// <summary>The BTF id, or 0.</summary>
    public static uint Find(uint kind, string name) => s_ids.Value.GetValueOrDefault((kind, name));

    // Layout: Documentation/bpf/btf.rst. A type is 12 bytes (name, info, size) and a tail whose length follows from kind and vlen.
    static Dictionary<(uint Kind, string Name), uint> Read()
    {
        var ids = new Dictionary<(uint, string), uint>();
        var btf = File.ReadAllBytes("/sys/kernel/btf/vmlinux");
        var header = (int)Word(btf, 4);
        var position = header + (int)Word(btf, 8);
        var end = position + (int)Word(btf, 12);
        var strings = header + (int)Word(btf, 16);
        for (uint id = 1; position < end; id++)
        {
            var info = Word(btf, position + 4);
            var (kind, members) = ((info >> 24) & 0x1f, (int)(info & 0xffff));
            if (kind is Struct or Function)
            {
                var name = btf.AsSpan(strings + (int)Word(btf, position));
                ids.TryAdd((kind, System.Text.Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)])), id);
            }
            position += 12 + kind switch
            {
                1 or 14 or 17 => 4,
                3 => 12,
                4 or 5 or 15 or 19 => 12 * members,
                6 or 13 => 8 * members,
                _ => 0,
            };
        }
        return ids;
    }

    static uint Word(byte[] btf, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(btf.AsSpan(offset));
}
