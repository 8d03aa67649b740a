using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Skep.Falco.Events;

/// <summary>Names of the host's users and groups, of <c>/etc/passwd</c> and <c>/etc/group</c>; read again when the files change.</summary>
sealed class UserNames(string root = "/")
{
    static readonly TimeSpan s_lookEvery = TimeSpan.FromSeconds(5);

    readonly Table _users = new(Path.Combine(root, "etc/passwd")), _groups = new(Path.Combine(root, "etc/group"));

    /// <summary>A user's line; null when there is none.</summary>
    public Entry? User(uint id) => _users.Find(id);

    /// <summary>A group's line; null when there is none.</summary>
    public Entry? Group(uint id) => _groups.Find(id);

    /// <summary>A user or group.</summary>
    /// <param name="Name">Its name.</param>
    /// <param name="Home">A user's home directory.</param>
    /// <param name="Shell">A user's shell.</param>
    public sealed record Entry(byte[] Name, byte[] Home, byte[] Shell);

    sealed class Table(string path)
    {
        Dictionary<uint, Entry> _entries = [];
        DateTime _changed;
        long _looked;

        public Entry? Find(uint id)
        {
            if (_looked == 0 || Stopwatch.GetElapsedTime(_looked) >= s_lookEvery) Look();
            return _entries.GetValueOrDefault(id);
        }

        void Look()
        {
            _looked = Stopwatch.GetTimestamp();
            try
            {
                var changed = File.GetLastWriteTimeUtc(path);
                if (changed == _changed) return;
                var entries = new Dictionary<uint, Entry>();
                foreach (var line in File.ReadLines(path))
                {
                    var fields = line.Split(':');
                    // The first line of a number is the one that counts.
                    if (fields.Length < 4 || !uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out var id)) continue;
                    entries.TryAdd(id, new Entry(Encoding.UTF8.GetBytes(fields[0]), Encoding.UTF8.GetBytes(fields.ElementAtOrDefault(5) ?? ""), Encoding.UTF8.GetBytes(fields.ElementAtOrDefault(6) ?? "")));
                }
                (_entries, _changed) = (entries, changed);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // Names stay as they were.
            }
        }
    }
}
