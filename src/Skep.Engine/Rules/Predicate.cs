using System.Net;
using Skep.Engine.Matching;

namespace Skep.Engine.Rules;

/// <summary>A test of one value.</summary>
public abstract record Predicate;

/// <summary>A text or path meets one of the patterns.</summary>
/// <param name="Patterns">Any of them is enough.</param>
public sealed record TextPredicate(IReadOnlyList<TextPattern> Patterns) : Predicate;

/// <summary>A number, compared in the value's own width and sign, lies in one of these ranges.</summary>
/// <param name="Ranges">Both ends belong to a range.</param>
public sealed record NumberPredicate(IReadOnlyList<NumberRange> Ranges) : Predicate;

/// <summary>A number shares a bit with one of these.</summary>
/// <param name="Masks">Any of them is enough.</param>
public sealed record MaskPredicate(IReadOnlyList<ulong> Masks) : Predicate;

/// <summary>A file is of one of these types.</summary>
/// <param name="Modes">The file type bits of a mode (<c>S_IFMT</c>).</param>
public sealed record FileTypePredicate(IReadOnlyList<uint> Modes) : Predicate;

/// <summary>A socket's or packet's address lies in one of these networks.</summary>
/// <param name="Side">Which address.</param>
/// <param name="Networks">IPv4 and IPv6.</param>
public sealed record AddressPredicate(SocketSide Side, IReadOnlyList<IPNetwork> Networks) : Predicate;

/// <summary>A socket's or packet's port lies in one of these ranges.</summary>
/// <param name="Side">Which port.</param>
/// <param name="Ranges">Ranges of ports.</param>
public sealed record PortPredicate(SocketSide Side, IReadOnlyList<NumberRange> Ranges) : Predicate;

/// <summary>A number that a socket or packet holds is one of these.</summary>
/// <param name="Field">Which number.</param>
/// <param name="Values">Any of them is enough.</param>
public sealed record SocketFieldPredicate(SocketField Field, IReadOnlyList<uint> Values) : Predicate;

/// <summary>A set of capabilities holds one of these that another value's set does not.</summary>
/// <param name="Old">Place of the other value in <see cref="HookRequest.Values"/>.</param>
/// <param name="Mask">The capabilities that count, a bit each.</param>
public sealed record GainedCapabilitiesPredicate(int Old, ulong Mask) : Predicate;

/// <summary>A range of numbers. Signed values are kept as their 64-bit pattern.</summary>
/// <param name="First">The first one.</param>
/// <param name="Last">The last one, also in the range.</param>
public readonly record struct NumberRange(long First, long Last);

/// <summary>An end of a connection.</summary>
public enum SocketSide
{
    /// <summary>The local end of a socket, the sender of a packet.</summary>
    Source,

    /// <summary>The remote end of a socket, the receiver of a packet.</summary>
    Destination,
}

/// <summary>Numbers of sockets and packets.</summary>
public enum SocketField
{
    /// <summary>Address family (<c>AF_*</c>).</summary>
    Family,

    /// <summary>Protocol (<c>IPPROTO_*</c>).</summary>
    Protocol,

    /// <summary>State of a TCP socket (<c>TCP_*</c>).</summary>
    State,
}
