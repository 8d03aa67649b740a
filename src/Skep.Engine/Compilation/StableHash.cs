using System.Text;

namespace Skep.Engine.Compilation;

/// <summary>
/// Names texts by 64 bits that stay the same from one run of the agent to the next (FNV-1a, then mixed). The cryptographic hashes of the framework
/// need OpenSSL, which a host need not have.
/// </summary>
static class StableHash
{
    const ulong Basis = 0xcbf29ce484222325, Prime = 0x100000001b3, Mix = 0x9e3779b97f4a7c15;

    public static ulong Of(string text)
    {
        var hash = Basis;
        foreach (var unit in Encoding.UTF8.GetBytes(text)) hash = (hash ^ unit) * Prime;
        hash = (hash ^ hash >> 32) * Mix;
        return hash ^ hash >> 29;
    }
}
