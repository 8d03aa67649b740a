using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>The system call <c>BPF_BTF_LOAD</c>.</summary>
static unsafe class TypeLoader
{
    // BPF_F_TOKEN_FD
    const uint TokenFlag = 1 << 16;

    /// <summary>Loads a blob; returns the descriptor, or the negated errno and the kernel's log.</summary>
    public static int Load(ReadOnlySpan<byte> blob, out string log, BpfToken? token = null)
    {
        log = "";
        var result = LoadOnce(blob, default, token);
        if (result >= 0) return result;
        var buffer = new byte[1 << 20];
        var again = LoadOnce(blob, buffer, token);
        if (again >= 0) return again;
        var end = buffer.AsSpan().IndexOf((byte)0);
        log = Encoding.UTF8.GetString(buffer, 0, end < 0 ? buffer.Length : end);
        return result;
    }

    static int LoadOnce(ReadOnlySpan<byte> blob, Span<byte> log, BpfToken? token)
    {
        fixed (byte* pointer = blob)
        fixed (byte* logPointer = log)
        {
            var attr = new BtfLoadAttr { Btf = BpfSyscall.Pointer(pointer), BtfSize = (uint)blob.Length };
            if (!log.IsEmpty) (attr.LogBuffer, attr.LogSize, attr.LogLevel) = (BpfSyscall.Pointer(logPointer), (uint)log.Length, 1);
            if (token is not null) (attr.Flags, attr.TokenFd) = (TokenFlag, token.Fd.Value);
            return BpfSyscall.Invoke(BpfCommand.BtfLoad, ref attr);
        }
    }
}
