using System.Net;

namespace Skep.Engine.Matching;

/// <summary>A network and the number under which an address in it is reported; see <see cref="NumberedPattern"/>.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Network">IPv4 or IPv6.</param>
public readonly record struct NumberedNetwork(int Number, IPNetwork Network);
