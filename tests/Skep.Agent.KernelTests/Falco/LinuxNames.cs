using System.Globalization;

namespace Skep.Agent.KernelTests.Falco;

/// <summary>Numbers by the names that scenarios use (include/uapi, x86-64 and arm64 alike but where told).</summary>
static class LinuxNames
{
    static readonly Dictionary<string, int> s_numbers = new()
    {
        ["O_RDONLY"] = 0,
        ["O_WRONLY"] = 1,
        ["O_RDWR"] = 2,
        ["O_CREAT"] = 0x40,
        ["O_EXCL"] = 0x80,
        ["O_TRUNC"] = 0x200,
        ["O_APPEND"] = 0x400,
        ["AF_UNIX"] = 1,
        ["AF_INET"] = 2,
        ["AF_INET6"] = 10,
        ["AF_PACKET"] = 17,
        ["SOCK_STREAM"] = 1,
        ["SOCK_DGRAM"] = 2,
        ["SOCK_RAW"] = 3,
        ["AT_FDCWD"] = -100,
    };

    /// <summary>A number, in C's notation, or names with bars between them.</summary>
    public static long Parse(string text)
    {
        var number = 0L;
        foreach (var word in text.Split('|', StringSplitOptions.TrimEntries))
        {
            number |= s_numbers.TryGetValue(word, out var named) ? named
                : word is ['0', 'x', ..] ? Convert.ToInt64(word, 16)
                : word is ['0', _, ..] ? Convert.ToInt64(word, 8)
                : long.Parse(word, CultureInfo.InvariantCulture);
        }
        return number;
    }
}
