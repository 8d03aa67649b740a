using System.Net;
using Skep.Agent.Api;

namespace Skep.Cli.Run;

/// <summary>Addresses as users write them: <c>unix:///run/skep.sock</c>, <c>unix:/run/skep.sock</c>, <c>127.0.0.1:54321</c>, <c>none</c>.</summary>
static class ServerAddresses
{
    /// <exception cref="UserException">One of them is no address.</exception>
    public static ApiOptions Parse(IEnumerable<string> addresses)
    {
        var options = new ApiOptions();
        foreach (var address in addresses)
        {
            if (address == "none") continue;
            options = TryParseSocket(address) is { } socket ? options with { Socket = socket }
                : IPEndPoint.TryParse(address, out var place) && place.Port != 0 ? options with { Address = place }
                : throw new UserException($"'{address}' is no address: unix:PATH, ADDRESS:PORT or none");
        }
        return options;
    }

    /// <summary>The path in an address of a unix socket; null when it is another one.</summary>
    public static string? TryParseSocket(string address)
    {
        if (address.StartsWith('/')) return address;
        if (!address.StartsWith("unix:", StringComparison.Ordinal)) return null;
        var path = address["unix:".Length..];
        return path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
    }
}
