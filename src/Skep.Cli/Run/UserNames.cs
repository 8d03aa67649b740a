using System.Globalization;

namespace Skep.Cli.Run;

/// <summary>Names of users from /etc/passwd, read once; a user without one is shown as a number.</summary>
sealed class UserNames
{
    readonly Dictionary<uint, string> _names = [];

    public UserNames(string path = "/etc/passwd")
    {
        if (!File.Exists(path)) return;
        foreach (var line in File.ReadLines(path))
        {
            var fields = line.Split(':');
            if (fields.Length > 2 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var uid)) _names.TryAdd(uid, fields[0]);
        }
    }

    public string NameOf(uint uid)
    {
        if (_names.TryGetValue(uid, out var name)) return name;
        return _names[uid] = uid.ToString(CultureInfo.InvariantCulture);
    }
}
