using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skep.Bpf.Instructions;

namespace Skep.Bpf;

/// <summary>The code of a loaded program as the kernel runs it.</summary>
public sealed class ProgramCode
{
    ProgramCode(Instruction[] instructions, byte[] jited, ProgramFunction[] functions, LineInfo[] lines, ulong[] jitedLineAddresses, Btf? btf)
    {
        Instructions = instructions;
        Jited = jited;
        Functions = functions;
        Lines = lines;
        JitedLineAddresses = jitedLineAddresses;
        Btf = btf;
    }

    /// <summary>eBPF after the verifier's rewrites: all functions, the entry first.</summary>
    public IReadOnlyList<Instruction> Instructions { get; }

    /// <summary>Machine code: all functions one after the other.</summary>
    public ReadOnlyMemory<byte> Jited { get; }

    /// <summary>The functions, the entry first.</summary>
    public IReadOnlyList<ProgramFunction> Functions { get; }

    /// <summary>Source positions by slot index of the whole program, ascending; empty without BTF.</summary>
    public IReadOnlyList<LineInfo> Lines { get; }

    /// <summary>Address of the machine code of each element of <see cref="Lines"/>, or empty.</summary>
    public IReadOnlyList<ulong> JitedLineAddresses { get; }

    /// <summary>The program's own types, or null.</summary>
    public Btf? Btf { get; }

    internal static ProgramCode Parse(byte[] xlated, byte[] jited, ulong[] symbols, uint[] lengths, byte[] functionRecords, int functionRecordSize,
        byte[] lineRecords, int lineRecordSize, ulong[] jitedLines, byte[] tags, Btf? btf)
    {
        var count = Math.Max(functionRecordSize >= 8 ? functionRecords.Length / functionRecordSize : 0, Math.Max(symbols.Length, tags.Length / 8));
        var functions = new ProgramFunction[count];
        for (var i = 0; i < count; i++)
        {
            var record = functionRecordSize >= 8 && (i + 1) * functionRecordSize <= functionRecords.Length ? functionRecords.AsSpan(i * functionRecordSize) : default;
            var typeId = record.IsEmpty ? 0 : MemoryMarshal.Read<uint>(record[4..]);
            functions[i] = new ProgramFunction(
                record.IsEmpty ? 0 : MemoryMarshal.Read<int>(record),
                typeId == 0 || btf is null ? "" : btf[typeId].Name,
                typeId,
                i < symbols.Length ? symbols[i] : 0,
                i < lengths.Length ? lengths[i] : 0,
                (i + 1) * 8 <= tags.Length ? TagText(BitConverter.ToUInt64(tags, i * 8)) : "");
        }
        return new ProgramCode(MemoryMarshal.Cast<byte, Instruction>(xlated).ToArray(), jited, functions, ParseLines(lineRecords, lineRecordSize, btf), jitedLines, btf);
    }

    internal static string TagText(ulong tag)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, BitConverter.IsLittleEndian ? tag : BinaryPrimitives.ReverseEndianness(tag));
        return Convert.ToHexStringLower(bytes);
    }

    static LineInfo[] ParseLines(byte[] records, int size, Btf? btf)
    {
        if (btf is null || size < 16) return [];
        var lines = new LineInfo[records.Length / size];
        for (var i = 0; i < lines.Length; i++)
        {
            var record = MemoryMarshal.Cast<byte, uint>(records.AsSpan(i * size, 16));
            // The last word packs line and column: include/uapi/linux/bpf.h BPF_LINE_INFO_LINE_NUM, BPF_LINE_INFO_LINE_COL.
            lines[i] = new LineInfo((int)record[0], btf.StringAt(record[1]), btf.StringAt(record[2]).Trim(), (int)(record[3] >> 10), (int)(record[3] & 0x3ff));
        }
        return lines;
    }
}
