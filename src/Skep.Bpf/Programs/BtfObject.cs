using System.Diagnostics.CodeAnalysis;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A BTF blob that lives in the kernel: that of the kernel, of a module, or of loaded programs and maps.</summary>
public sealed class BtfObject : IDisposable
{
    const int MaxNameLength = 64;

    BtfObject(FileDescriptor fd)
    {
        Fd = fd;
        Span<byte> name = stackalloc byte[MaxNameLength];
        var info = ObjectInfoReader.BtfHeader(fd, name, "read BTF info");
        Id = info.Id;
        Size = info.Size;
        Name = ProgramCommands.Text(name);
        IsKernel = info.IsKernel != 0;
    }

    /// <summary>Id of the object.</summary>
    public uint Id { get; }

    /// <summary>Size of the blob in bytes.</summary>
    public uint Size { get; }

    /// <summary><c>vmlinux</c>, a module's name, or empty for BTF that a user loaded. Requires at least Linux 5.11.</summary>
    public string Name { get; }

    /// <summary>Whether it describes the kernel or a module. Requires at least Linux 5.11.</summary>
    public bool IsKernel { get; }

    internal FileDescriptor Fd { get; }

    /// <summary>Opens a BTF object by id. Requires at least Linux 4.18 and CAP_SYS_ADMIN.</summary>
    /// <exception cref="BpfException">There is no such object.</exception>
    public static BtfObject FromId(uint id) => TryFromId(id, out var btf) ? btf : throw new BpfException($"no BTF has id {id}");

    /// <summary>Opens a BTF object by id; false when it is gone.</summary>
    public static bool TryFromId(uint id, [NotNullWhen(true)] out BtfObject? btf)
    {
        var fd = BpfObjects.TryOpenById(BpfCommand.BtfGetFdById, id);
        btf = fd is null ? null : new BtfObject(fd);
        return btf is not null;
    }

    /// <summary>Reads and parses the types; a module's continue those of the kernel.</summary>
    /// <exception cref="BpfFormatException">The blob is malformed.</exception>
    public Btf Load()
    {
        if (IsKernel && Name == "vmlinux") return Btf.Kernel;
        var name = Name.Length > 0 ? Name : $"id {Id}";
        return Btf.Parse(ObjectInfoReader.BtfData(Fd, Size, $"read BTF {name}"), name, IsKernel ? Btf.Kernel : null);
    }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();
}
