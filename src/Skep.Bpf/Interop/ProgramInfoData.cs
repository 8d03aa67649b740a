using System.Runtime.InteropServices;

namespace Skep.Bpf.Interop;

/// <summary><c>struct bpf_prog_info</c>: counts are given and wanted lengths at once, pointers are filled when not null.</summary>
[StructLayout(LayoutKind.Sequential)]
struct ProgramInfoData
{
    public uint Type, Id;
    public ulong Tag;
    public uint JitedLength, XlatedLength;
    public ulong JitedCode, XlatedCode, LoadTime;
    public uint CreatedByUid, MapCount;
    public ulong MapIds;
    public ObjectName Name;
    public uint InterfaceIndex, GplCompatible;
    public ulong NetworkNamespaceDevice, NetworkNamespaceInode;
    public uint JitedSymbolCount, JitedFunctionLengthCount;
    public ulong JitedSymbols, JitedFunctionLengths;
    public uint BtfId, FunctionInfoRecordSize;
    public ulong FunctionInfo;
    public uint FunctionInfoCount, LineInfoCount;
    public ulong LineInfo, JitedLineInfo;
    public uint JitedLineInfoCount, LineInfoRecordSize, JitedLineInfoRecordSize, TagCount;
    public ulong Tags, RunTime, RunCount, RecursionMisses;
    public uint VerifiedInstructions, AttachBtfObjectId, AttachBtfId;
}

/// <summary><c>struct bpf_btf_info</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
struct BtfInfoData
{
    public ulong Btf;
    public uint Size, Id;
    public ulong Name;
    public uint NameLength, IsKernel;
}

/// <summary>Reads the variable-length parts of program and BTF info; each call fills exactly one or a group of arrays.</summary>
static unsafe class ObjectInfoReader
{
    public static uint[] MapIds(FileDescriptor fd, uint count, string operation)
    {
        var ids = new uint[count];
        fixed (uint* pointer = ids)
        {
            var info = new ProgramInfoData { MapCount = count, MapIds = BpfSyscall.Pointer(pointer) };
            BpfObjects.GetInfo(fd, ref info, operation);
            return info.MapCount < count ? ids[..(int)info.MapCount] : ids;
        }
    }

    /// <summary>Reads code and its tables. Lengths come from <paramref name="sizes"/>, an earlier answer; a loaded program's code never changes.</summary>
    public static ProgramInfoData Code(FileDescriptor fd, in ProgramInfoData sizes, byte[] xlated, byte[] jited, ulong[] symbols, uint[] lengths,
        byte[] functions, byte[] lines, ulong[] jitedLines, byte[] tags, string operation)
    {
        fixed (byte* xlatedPointer = xlated)
        fixed (byte* jitedPointer = jited)
        fixed (ulong* symbolPointer = symbols)
        fixed (uint* lengthPointer = lengths)
        fixed (byte* functionPointer = functions)
        fixed (byte* linePointer = lines)
        fixed (ulong* jitedLinePointer = jitedLines)
        fixed (byte* tagPointer = tags)
        {
            var info = new ProgramInfoData
            {
                XlatedLength = (uint)xlated.Length, XlatedCode = BpfSyscall.Pointer(xlatedPointer),
                JitedLength = (uint)jited.Length, JitedCode = BpfSyscall.Pointer(jitedPointer),
                JitedSymbolCount = (uint)symbols.Length, JitedSymbols = BpfSyscall.Pointer(symbolPointer),
                JitedFunctionLengthCount = (uint)lengths.Length, JitedFunctionLengths = BpfSyscall.Pointer(lengthPointer),
                FunctionInfoRecordSize = sizes.FunctionInfoRecordSize, FunctionInfoCount = sizes.FunctionInfoCount, FunctionInfo = BpfSyscall.Pointer(functionPointer),
                LineInfoRecordSize = sizes.LineInfoRecordSize, LineInfoCount = sizes.LineInfoCount, LineInfo = BpfSyscall.Pointer(linePointer),
                JitedLineInfoRecordSize = sizes.JitedLineInfoRecordSize, JitedLineInfoCount = (uint)jitedLines.Length, JitedLineInfo = BpfSyscall.Pointer(jitedLinePointer),
                TagCount = sizes.TagCount, Tags = BpfSyscall.Pointer(tagPointer),
            };
            BpfObjects.GetInfo(fd, ref info, operation);
            return info;
        }
    }

    public static byte[] BtfData(FileDescriptor fd, uint size, string operation)
    {
        var data = new byte[size];
        fixed (byte* pointer = data)
        {
            var info = new BtfInfoData { Btf = BpfSyscall.Pointer(pointer), Size = size };
            BpfObjects.GetInfo(fd, ref info, operation);
        }
        return data;
    }

    /// <summary>Header of a BTF object with its name; Linux before 5.11 has no names.</summary>
    public static BtfInfoData BtfHeader(FileDescriptor fd, Span<byte> name, string operation)
    {
        fixed (byte* pointer = name)
        {
            var info = new BtfInfoData { Name = BpfSyscall.Pointer(pointer), NameLength = (uint)name.Length };
            BpfObjects.GetInfo(fd, ref info, operation);
            return info;
        }
    }
}
