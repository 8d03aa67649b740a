using System.Diagnostics.CodeAnalysis;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

public sealed partial class BpfProgram
{
    /// <summary>The kernel keeps 15 bytes of a name (include/linux/bpf.h: BPF_OBJ_NAME_LEN).</summary>
    internal const int KernelNameLength = 15;

    /// <summary>Opens a program by id. Requires at least Linux 4.13 and CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is no such program.</exception>
    public static BpfProgram FromId(uint id) => TryFromId(id, out var program) ? program : throw new BpfException($"no program has id {id}");

    /// <summary>Opens a program by id; false when it is gone.</summary>
    public static bool TryFromId(uint id, [NotNullWhen(true)] out BpfProgram? program)
    {
        var fd = BpfObjects.TryOpenById(BpfCommand.ProgramGetFdById, id);
        program = fd is null ? null : FromFd(fd);
        return program is not null;
    }

    /// <summary>Opens a pinned program.</summary>
    /// <exception cref="BpfException">Something else is pinned there.</exception>
    public static BpfProgram FromPin(string path)
    {
        var fd = PinnedObject.Open(path, 0, $"open pinned program {path}");
        var kind = PinnedObject.KindOf(fd);
        if (kind is "bpf-prog" or "") return FromFd(fd);
        fd.Dispose();
        throw new BpfException($"{path} holds a {kind}, not a program");
    }

    /// <summary>Pins the program in a BPF file system; it stays loaded until the file is deleted.</summary>
    public void Pin(string path) => PinnedObject.Pin(Fd, path, $"pin program '{Name}' at {path}");

    internal static BpfProgram FromFd(FileDescriptor fd)
    {
        var data = default(ProgramInfoData);
        BpfObjects.GetInfo(fd, ref data, "read program info");
        return new BpfProgram(fd, FullName(fd, data), (ProgramType)data.Type);
    }

    /// <summary>The name in full: the kernel cuts it, but the BTF of the program's first function has all of it.</summary>
    static string FullName(FileDescriptor fd, in ProgramInfoData data)
    {
        var name = BpfSyscall.Name(data.Name);
        if (name.Length < KernelNameLength || data.BtfId == 0 || data.FunctionInfoCount == 0) return name;
        var first = data with { FunctionInfoCount = 1 };
        var record = new byte[Math.Max(data.FunctionInfoRecordSize, 8)];
        try
        {
            ObjectInfoReader.Code(fd, first with { LineInfoCount = 0, JitedLineInfoCount = 0, TagCount = 0 }, [], [], [], [], record, [], [], [], "read function info");
            using var btf = BtfObject.TryFromId(data.BtfId, out var found) ? found : null;
            var full = btf?.Load()[BitConverter.ToUInt32(record, 4)].Name;
            return full is not null && full.StartsWith(name, StringComparison.Ordinal) ? full : name;
        }
        catch (BpfException)
        {
            return name;
        }
    }
}
