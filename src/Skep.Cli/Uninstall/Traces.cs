using System.Diagnostics;
using System.Net.Sockets;
using Skep.Agent;
using Skep.Cli.Run;
using Skep.Engine.Runtime;

namespace Skep.Cli.Uninstall;

/// <summary>What is there of an installation: whatever is listed can be removed, and nothing else is touched.</summary>
static class Traces
{
    /// <summary>The first line of the unit that comes with Skep. Another one of its name is somebody else's.</summary>
    const string UnitMark = "# Skep's unit";

    const string ReplacedSuffix = "_replaced";

    /// <exception cref="UserException">A directory that was named is not Skep's.</exception>
    public static IEnumerable<Trace> Find(Installation installation) =>
        [.. Pins(installation), .. Socket(installation), .. Unit(installation), .. State(installation), .. Runtime(), .. Configuration(installation)];

    /// <summary>Whether somebody answers at the socket.</summary>
    public static bool IsServed(string? socket)
    {
        if (socket is null || !File.Exists(socket)) return false;
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(socket));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    static IEnumerable<Trace> Pins(Installation installation)
    {
        if (installation.PinDirectory is not { } directory || !(Directory.Exists(directory) || Directory.Exists(directory + ReplacedSuffix))) yield break;
        if (!File.Exists(Path.Combine(directory, "control")) && Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new UserException($"{directory} is no pin directory of Skep: there is no 'control' in it");
        }
        yield return new Trace(Trace.Pins, directory, () => SkepEngine.Remove(directory));
    }

    static IEnumerable<Trace> Socket(Installation installation)
    {
        if (installation.Socket is { } socket && File.Exists(socket)) yield return new Trace("socket", socket, () => File.Delete(socket));
    }

    static IEnumerable<Trace> Unit(Installation installation)
    {
        var unit = installation.UnitFile;
        var (directory, name) = (Path.GetDirectoryName(Path.GetFullPath(unit))!, Path.GetFileName(unit));
        if (!File.Exists(unit) || !File.ReadLines(unit).Take(1).Any(line => line.StartsWith(UnitMark, StringComparison.Ordinal))) yield break;
        // What systemctl enable made.
        foreach (var wants in Directory.EnumerateDirectories(directory).Where(d => Path.GetExtension(d) is ".wants" or ".requires"))
        {
            var link = Path.Combine(wants, name);
            if (new FileInfo(link).LinkTarget is not null) yield return new Trace("link", link, () => File.Delete(link));
        }
        yield return new Trace("unit", unit, () =>
        {
            File.Delete(unit);
            if (directory != Path.GetDirectoryName(Installation.DefaultUnitFile) || !Directory.Exists("/run/systemd/system")) return;
            using var reload = Process.Start("systemctl", ["daemon-reload"]);
            reload.WaitForExit();
        });
    }

    static IEnumerable<Trace> State(Installation installation)
    {
        if (installation.StateDirectory is not { } directory || !Directory.Exists(directory)) yield break;
        if (!File.Exists(Path.Combine(directory, StateDirectory.LockName)) && Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new UserException($"{directory} is no state directory of Skep: there is no '{StateDirectory.LockName}' in it");
        }
        yield return new Trace("state directory", directory, () => Directory.Delete(directory, recursive: true));
    }

    /// <summary>Locks and sockets of agents with other places stay.</summary>
    static IEnumerable<Trace> Runtime()
    {
        const string directory = Installation.RuntimeDirectory;
        if (Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any()) yield return new Trace("directory", directory, () => Directory.Delete(directory));
    }

    static IEnumerable<Trace> Configuration(Installation installation)
    {
        if (!installation.WithConfiguration || installation.ConfigurationFile is not { } file) yield break;
        var directory = Path.GetDirectoryName(Path.GetFullPath(file))!;
        if (File.Exists(file)) yield return new Trace("configuration", file, () => File.Delete(file));
        foreach (var part in (string[])[RunConfiguration.DropIns, RunConfiguration.Policies])
        {
            var path = Path.Combine(directory, part);
            if (Directory.Exists(path)) yield return new Trace("configuration", path, () => Directory.Delete(path, recursive: true));
        }
        if (directory == Path.GetDirectoryName(RunConfiguration.DefaultFile) && Directory.Exists(directory) && !Directory.EnumerateFileSystemEntries(directory).Any())
        {
            yield return new Trace("directory", directory, () => Directory.Delete(directory));
        }
    }
}
