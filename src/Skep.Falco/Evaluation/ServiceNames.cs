using System.Globalization;

namespace Skep.Falco.Evaluation;

/// <summary>The ports of services, from <c>/etc/services</c>; where that is missing, the few that every system knows.</summary>
static class ServiceNames
{
    static readonly Lazy<Dictionary<string, ushort>> s_ports = new(Read);

    public static bool TryGetPort(string name, out ushort port) => s_ports.Value.TryGetValue(name, out port);

    static Dictionary<string, ushort> Read()
    {
        var ports = new Dictionary<string, ushort>(StringComparer.Ordinal);
        try
        {
            foreach (var line in File.ReadLines("/etc/services")) Add(ports, line);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        foreach (var (name, port) in (ReadOnlySpan<(string, ushort)>)
            [("ftp", 21), ("ssh", 22), ("telnet", 23), ("smtp", 25), ("domain", 53), ("http", 80), ("pop3", 110), ("ntp", 123), ("imap2", 143), ("snmp", 161), ("ldap", 389), ("https", 443), ("syslog", 514), ("ldaps", 636), ("imaps", 993), ("pop3s", 995), ("mysql", 3306), ("postgresql", 5432)])
            ports.TryAdd(name, port);
        return ports;
    }

    static void Add(Dictionary<string, ushort> ports, string line)
    {
        var words = line.Split('#')[0].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !ushort.TryParse(words[1].Split('/')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return;
        ports.TryAdd(words[0], port);
        foreach (var alias in words.Skip(2)) ports.TryAdd(alias, port);
    }
}
