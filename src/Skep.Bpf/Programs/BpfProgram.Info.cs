using Skep.Bpf.Interop;

namespace Skep.Bpf;

public sealed partial class BpfProgram
{
    /// <summary>What the kernel tells about the program now. Requires at least Linux 4.13.</summary>
    public ProgramInfo GetInfo()
    {
        var data = ReadInfo();
        return new ProgramInfo(Name, data, data.MapCount == 0 ? [] : ObjectInfoReader.MapIds(Fd, data.MapCount, Operation("read map ids of")));
    }

    /// <summary>
    /// The program's code as the kernel runs it, with its functions and source lines. Requires at least Linux 4.13; parts that this user may not see
    /// (kernel.kptr_restrict, missing CAP_BPF) are empty.
    /// </summary>
    public ProgramCode GetCode()
    {
        var data = ReadInfo();
        var xlated = new byte[data.XlatedLength];
        var jited = new byte[data.JitedLength];
        var symbols = new ulong[data.JitedSymbolCount];
        var lengths = new uint[data.JitedFunctionLengthCount];
        var functions = new byte[data.FunctionInfoCount * data.FunctionInfoRecordSize];
        var lines = new byte[data.LineInfoCount * data.LineInfoRecordSize];
        var jitedLines = new ulong[data.JitedLineInfoCount];
        var tags = new byte[data.TagCount * 8];
        var answer = ObjectInfoReader.Code(Fd, data, xlated, jited, symbols, lengths, functions, lines, jitedLines, tags, Operation("read code of"));

        Btf? btf = null;
        if (data.BtfId != 0 && BtfObject.TryFromId(data.BtfId, out var btfObject))
        {
            using (btfObject) btf = btfObject.Load();
        }
        // The kernel answers with a null pointer where it withholds code (kernel/bpf/syscall.c: bpf_prog_get_info_by_fd).
        return ProgramCode.Parse(
            answer.XlatedCode == 0 ? [] : xlated, answer.JitedCode == 0 ? [] : jited, answer.JitedSymbols == 0 ? [] : symbols, lengths,
            functions, (int)data.FunctionInfoRecordSize, lines, (int)data.LineInfoRecordSize, jitedLines, tags, btf);
    }

    /// <summary>
    /// Reads what the program printed to one of its streams since the last read; 0 when there is nothing. Requires at least Linux 6.17.
    /// </summary>
    public int ReadStream(ProgramStream stream, Span<byte> buffer)
    {
        var result = ProgramCommands.ReadStream(Fd, (uint)stream, buffer);
        if (result >= 0) return result;
        throw new BpfSyscallException(Operation("read a stream of"), -result, result == -Errno.EINVAL ? "program streams need Linux 6.17" : null);
    }

    /// <summary><see cref="ProgramInfo.RecursionMisses"/> alone, which costs one system call.</summary>
    internal long ReadMissed() => (long)ReadInfo().RecursionMisses;

    ProgramInfoData ReadInfo()
    {
        var data = default(ProgramInfoData);
        BpfObjects.GetInfo(Fd, ref data, Operation("read info of"));
        return data;
    }

    string Operation(string verb) => $"{verb} program '{Name}'";
}
