using Skep.Engine.Rules;

namespace Skep.Falco.Calls;

/// <summary>An argument of a system call.</summary>
/// <param name="Name">What <c>evt.arg</c> calls it.</param>
/// <param name="Index">Its place in the call, from 0.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Names">Names of its values; null when they have none.</param>
sealed record CallArgument(string Name, int Index, CallKind Kind, NumberNames? Names)
{
    const int OpenHowSize = 24; // include/uapi/linux/openat2.h

    /// <summary>How it is captured. Made once: fields are read at each event.</summary>
    public ValueSpec Value { get; } = Kind switch
    {
        CallKind.Path or CallKind.Text => new() { Index = Index, Kind = ValueKind.Text },
        CallKind.Address => new() { Index = Index, Kind = ValueKind.SocketAddress, SizeIndex = Index + 1 },
        CallKind.OpenHow => new() { Index = Index, Kind = ValueKind.Buffer, MaxLength = OpenHowSize },
        CallKind.Int32 or CallKind.Descriptor or CallKind.Directory => new() { Index = Index, Kind = ValueKind.Int32 },
        CallKind.UInt8 or CallKind.UInt32 or CallKind.Mode or CallKind.User or CallKind.Group => new() { Index = Index, Kind = ValueKind.UInt32 },
        _ => new() { Index = Index, Kind = ValueKind.UInt64 },
    };

    /// <summary>The address of a unix socket in it.</summary>
    public ValueSpec UnixAddress { get; } = new() { Index = Index, Kind = ValueKind.UnixAddress, SizeIndex = Index + 1 };

    /// <summary>The file behind the descriptor in it.</summary>
    public ValueSpec File { get; } = new() { Index = Index, Kind = ValueKind.FileDescriptor };

    /// <summary>The socket behind the descriptor in it.</summary>
    public ValueSpec Socket { get; } = new() { Index = Index, Kind = ValueKind.DescriptorSocket };
}
