using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// An attachment of a program. Disposing it detaches the program unless the link is pinned; attachments that the kernel does not
/// represent as links (classic tc, XDP by netlink, perf events of old kernels) are undone by the same call, but not by the finalizer.
/// </summary>
public abstract partial class BpfLink : IDisposable
{
    Action? _undo;

    /// <summary>Creates the base of a link.</summary>
    /// <param name="fd">The kernel's link, or null where this attachment has none.</param>
    /// <param name="undo">What takes the program off again where closing the descriptor does not.</param>
    private protected BpfLink(FileDescriptor? fd, Action? undo = null)
    {
        Fd = fd;
        _undo = undo;
    }

    /// <summary>The kernel's link descriptor, or null where this attachment has none.</summary>
    internal FileDescriptor? Fd { get; }

    /// <summary>Whether the kernel represents this attachment as a link, which can be pinned, queried and mostly updated.</summary>
    public virtual bool IsKernelLink => Fd is not null;

    /// <summary>Detaches (unless pinned) and releases.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the attachment holds; overridden where closing the descriptor is not enough.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        Fd?.Dispose();
        Interlocked.Exchange(ref _undo, null)?.Invoke();
    }
}
