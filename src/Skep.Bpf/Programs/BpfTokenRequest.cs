using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// The way to a <see cref="BpfToken"/>, in three steps, since the BPF file system behind it must belong to the user namespace while only the
/// initial one may delegate (kernel/bpf/inode.c: bpf_parse_param): a process in the user namespace opens a request and tells its
/// <see cref="ProcessId"/> and <see cref="Descriptor"/> to a privileged one, that one calls <see cref="Grant"/>, and the first one calls
/// <see cref="Complete"/>. The file system is never mounted at a path. Requires at least Linux 6.9.
/// </summary>
public sealed class BpfTokenRequest : IDisposable
{
    readonly FileDescriptor _context;

    BpfTokenRequest(FileDescriptor context) => _context = context;

    /// <summary>This process, as seen in its own PID namespace.</summary>
    public int ProcessId { get; } = Environment.ProcessId;

    /// <summary>The descriptor of the file system in the making, which means something in this process only.</summary>
    public int Descriptor => _context.Value;

    /// <summary>Begins, in the user namespace, which must own the caller's mount namespace as well.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static BpfTokenRequest Open() => new(Libc.OpenFileSystem("bpf"));

    /// <summary>Puts into another process's request, once, what its token permits. Needs CAP_SYS_ADMIN in the initial user namespace.</summary>
    /// <param name="processId">The process that opened the request, as seen in the caller's PID namespace.</param>
    /// <param name="descriptor">Its <see cref="Descriptor"/>.</param>
    /// <param name="grant">What is permitted.</param>
    /// <exception cref="BpfSyscallException">There is no such process or descriptor, or the caller is not privileged.</exception>
    public static void Grant(int processId, int descriptor, BpfTokenGrant grant)
    {
        ArgumentNullException.ThrowIfNull(grant);
        using var context = Libc.DescriptorOf(processId, descriptor);
        Delegate(context, "delegate_cmds", Mask([(int)BpfCommand.MapCreate, (int)BpfCommand.ProgramLoad, (int)BpfCommand.BtfLoad]));
        Delegate(context, "delegate_maps", Mask(grant.Maps?.Select(type => (int)type)));
        Delegate(context, "delegate_progs", Mask(grant.Programs?.Select(type => (int)type)));
        Delegate(context, "delegate_attachs", Mask(grant.AttachTypes?.Select(type => (int)type)));
        // Inside a user namespace the kernel creates no BPF file system; it belongs to the one that began all the same.
        Libc.CreateFileSystem(context);
    }

    /// <summary>Mounts the file system and creates the token. Once only, and after <see cref="Grant"/>.</summary>
    /// <exception cref="BpfSyscallException">The kernel refused it; EINVAL means that nothing was granted yet.</exception>
    public BpfToken Complete()
    {
        using var mount = Libc.MountDetached(_context);
        return BpfToken.Create(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{mount.Value}"));
    }

    /// <inheritdoc/>
    public void Dispose() => _context.Dispose();

    static void Delegate(FileDescriptor context, string option, string value) => Libc.SetOption(context, option, value);

    /// <summary>The bit set that the kernel's mount options take.</summary>
    static string Mask(IEnumerable<int>? bits) =>
        bits is null ? "any" : string.Create(CultureInfo.InvariantCulture, $"0x{bits.Aggregate(0UL, (mask, bit) => mask | 1UL << bit):x}");
}
