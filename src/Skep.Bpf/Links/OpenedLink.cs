using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A link that was opened from a pin or by its id; disposing it closes this descriptor, not the attachment if others hold it.</summary>
public sealed class OpenedLink : BpfLink
{
    internal OpenedLink(FileDescriptor fd) : base(fd) { }
}
