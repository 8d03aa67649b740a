using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A program in the kernel. Closing it does not detach it: links, pins and other programs hold it too.</summary>
public sealed partial class BpfProgram : IDisposable
{
    internal BpfProgram(FileDescriptor fd, string name, ProgramType type, AttachType attachType = default)
    {
        Fd = fd;
        Name = name;
        Type = type;
        AttachType = attachType;
    }

    /// <summary>The program's name, not shortened.</summary>
    public string Name { get; }

    /// <summary>Kind of program.</summary>
    public ProgramType Type { get; }

    /// <summary>Expected attach type that it was loaded with.</summary>
    public AttachType AttachType { get; }

    /// <summary>What its section named as target: see <see cref="ProgramSpec.AttachTarget"/>.</summary>
    public string AttachTarget { get; internal init; } = "";

    /// <summary>The full section name, or empty.</summary>
    public string SectionName { get; internal init; } = "";

    internal FileDescriptor Fd { get; }

    /// <inheritdoc/>
    public void Dispose() => Fd.Dispose();
}
