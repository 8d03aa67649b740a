using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>The smaller commands around programs whose attributes hold pointers.</summary>
static unsafe class ProgramCommands
{
    /// <summary><c>BPF_TASK_FD_QUERY</c>. Returns 0 or the negated errno; on ENOSPC the name was cut.</summary>
    public static int TaskFdQuery(ref TaskFdQueryAttr attr, Span<byte> name)
    {
        fixed (byte* pointer = name)
        {
            attr.Buffer = BpfSyscall.Pointer(pointer);
            attr.BufferLength = (uint)name.Length;
            return BpfSyscall.Invoke(BpfCommand.TaskFdQuery, ref attr);
        }
    }

    /// <summary><c>BPF_PROG_STREAM_READ_BY_FD</c>. Returns the number of bytes or the negated errno.</summary>
    public static int ReadStream(FileDescriptor program, uint stream, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            var attr = new StreamReadAttr { Buffer = BpfSyscall.Pointer(pointer), BufferLength = (uint)buffer.Length, StreamId = stream, ProgramFd = program.Value };
            return BpfSyscall.Invoke(BpfCommand.ProgramStreamReadByFd, ref attr);
        }
    }

    public static string Text(ReadOnlySpan<byte> buffer)
    {
        var end = buffer.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? buffer : buffer[..end]);
    }
}
