using System.Globalization;

namespace Skep.Cli.Output;

/// <summary>Names of this host's users, of those that its own file has.</summary>
sealed class UserNames
{
    readonly Dictionary<uint, string> _names = [];

    public UserNames()
    {
        try
        {
            foreach (var line in File.ReadLines("/etc/passwd"))
            {
                // passwd(5): name:password:uid:…
                if (line.Split(':') is [var name, _, var uid, ..] && uint.TryParse(uid, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) _names.TryAdd(number, name);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Numbers say it as well.
        }
    }

    public string Of(uint uid) => _names.TryGetValue(uid, out var name) ? name : uid.ToString(CultureInfo.InvariantCulture);
}
