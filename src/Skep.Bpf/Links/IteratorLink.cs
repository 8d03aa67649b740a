using System.Buffers.Binary;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program that walks kernel objects when read: tasks, files, sockets, maps … Requires at least Linux 5.8.</summary>
public sealed class IteratorLink : BpfLink
{
    const int TargetInfoSize = 16;
    static readonly KernelSupport s_parameters = new("an iterator over one task or control group", new(6, 1), "filter inside the program");

    internal IteratorLink(FileDescriptor fd) : base(fd) { }

    /// <summary>Attaches an iterator; nothing runs until <see cref="Open"/>.</summary>
    /// <param name="program">A tracing program loaded for <see cref="AttachType.TraceIter"/>.</param>
    /// <param name="options">The map, control group or task, for targets that take one.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static IteratorLink Attach(BpfProgram program, IteratorOptions? options = null)
    {
        AttachFailure.RequireType(program, "an iterator", ProgramType.Tracing);
        options ??= new IteratorOptions();
        Span<byte> target = stackalloc byte[TargetInfoSize];
        target.Clear();
        var length = 0;
        FileDescriptor? held = null;
        try
        {
            if (options.Map is { } map)
            {
                BinaryPrimitives.WriteInt32LittleEndian(target, map.Fd.Value);
                length = 4;
            }
            else if (options.CgroupPath is { } path)
            {
                held = Libc.OwnedFd(Libc.Open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0), $"open control group {path}");
                BinaryPrimitives.WriteInt32LittleEndian(target, (int)options.CgroupOrder);
                BinaryPrimitives.WriteInt32LittleEndian(target[4..], held.Value);
                length = TargetInfoSize;
            }
            else if (options.ThreadId != 0)
            {
                BinaryPrimitives.WriteInt32LittleEndian(target, options.ThreadId);
                length = TargetInfoSize;
            }
            else if (options.ProcessId != 0)
            {
                if (options.UsePidDescriptor)
                {
                    held = Libc.PidfdOpen(options.ProcessId);
                    BinaryPrimitives.WriteInt32LittleEndian(target[8..], held.Value);
                }
                else
                {
                    BinaryPrimitives.WriteInt32LittleEndian(target[4..], options.ProcessId);
                }
                length = TargetInfoSize;
            }
            var result = LinkSyscalls.CreateIterator(program.Fd.Value, target[..length]);
            if (result >= 0) return new IteratorLink(new FileDescriptor(result));
            var name = program.AttachTarget.Length > 0 ? $"iterator {program.AttachTarget}" : "an iterator";
            throw AttachFailure.Create(program, name, -result, length == TargetInfoSize ? s_parameters : null, result switch
            {
                -Errno.EBADF when length == 0 => "this iterator needs a map: IteratorOptions.Map",
                -Errno.EINVAL when length == 0 => "the program is not an iterator, or its target needs a parameter",
                -Errno.ESRCH => "there is no such task",
                _ => null,
            });
        }
        finally
        {
            held?.Dispose();
        }
    }

    /// <summary>Starts a new pass and returns what the program writes (<c>bpf_seq_write</c>, <c>bpf_seq_printf</c>), to be read to its end.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public Stream Open()
    {
        var fd = LinkSyscalls.StartIterator(Fd!.Value);
        return fd >= 0 ? new IteratorStream(new FileDescriptor(fd)) : throw new BpfSyscallException("start iterator", -fd);
    }

    /// <summary>Runs a whole pass and returns its output as text.</summary>
    public string ReadToEnd()
    {
        using var reader = new StreamReader(Open());
        return reader.ReadToEnd();
    }
}
