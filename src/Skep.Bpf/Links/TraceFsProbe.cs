using System.Globalization;
using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>A probe written into <c>kprobe_events</c> or <c>uprobe_events</c> (Documentation/trace/kprobetrace.rst) and removed again on dispose.</summary>
sealed class TraceFsProbe
{
    const string Group = "skep";
    static int s_sequence;

    readonly string _file;
    readonly string _name;

    TraceFsProbe(string file, string name)
    {
        _file = file;
        _name = name;
    }

    /// <summary>The tracepoint id that perf knows it by.</summary>
    public ulong Id => TraceFs.TracepointId(Group, _name) ?? throw new BpfException($"{_file} took the probe {_name} but shows no event for it");

    /// <summary>Adds a probe.</summary>
    /// <param name="file"><c>kprobe_events</c> or <c>uprobe_events</c>.</param>
    /// <param name="isReturn">At return instead of entry.</param>
    /// <param name="place">What the file's grammar calls a place: <c>symbol+offset</c> or <c>path:offset(ref)</c>.</param>
    public static TraceFsProbe Add(string file, bool isReturn, string place)
    {
        var path = Path.Combine(TraceFs.Root, file);
        if (!File.Exists(path)) throw new BpfException($"this kernel has no {file} in tracefs");
        var name = string.Create(CultureInfo.InvariantCulture, $"p{Environment.ProcessId}_{Interlocked.Increment(ref s_sequence)}");
        Append(path, $"{(isReturn ? 'r' : 'p')}:{Group}/{name} {place}");
        return new TraceFsProbe(path, name);
    }

    public void Remove() => Append(_file, $"-:{Group}/{_name}");

    static void Append(string path, string line)
    {
        try
        {
            // One write(2) per command, no truncation: opening for truncation would delete every probe of the machine.
            using var stream = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
            stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException error)
        {
            throw new BpfException($"{path} refused '{line}': {error.Message}", error);
        }
    }
}
