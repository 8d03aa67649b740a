using System.Text;
using Skep.Engine.Records;

namespace Skep.Tetragon.Export;

/// <summary>The parts that a line for people is made of, wherever the event comes from: time, verb, place, program, and what was done about it.</summary>
sealed class CompactLine(CompactOptions options)
{
    const int VerbWidth = 8, ShortId = 12;

    byte[] _encoded = new byte[256];

    /// <summary>Where the values go that are printed elsewhere.</summary>
    public JsonLineWriter Line { get; } = new(1 << 14);

    public void Start(long unixNanoseconds, ReadOnlySpan<byte> verb, CompactColour colour)
    {
        if (options.ShowsTime)
        {
            Paint(CompactColour.Grey);
            Line.TimeText(unixNanoseconds);
            Paint(CompactColour.Reset);
            Line.Raw((byte)' ');
        }
        Paint(colour);
        Line.Raw(verb);
        Paint(CompactColour.Reset);
        Line.Raw("        "u8[..Math.Max(1, VerbWidth - verb.Length)]);
    }

    /// <summary>The pod, else the container by its name or id, else the host.</summary>
    public void Place(string podNamespace, string pod, string containerName, string containerId)
    {
        Paint(CompactColour.Magenta);
        if (pod.Length > 0)
        {
            Text(podNamespace);
            Line.Raw((byte)'/');
            Text(pod);
        }
        else if (containerName.Length > 0) Text(containerName);
        else if (containerId.Length > 0) Text(containerId.AsSpan(0, Math.Min(ShortId, containerId.Length)));
        else Text(options.HostName);
        Paint(CompactColour.Reset);
        Line.Raw((byte)' ');
    }

    public void Executable(ReadOnlySpan<byte> path)
    {
        Paint(CompactColour.Bold);
        Write(path);
        Paint(CompactColour.Reset);
    }

    public void Unknown(uint pid, ReadOnlySpan<char> reason)
    {
        Line.Raw("unknown process "u8);
        Line.Number((ulong)pid);
        if (reason.IsEmpty) return;
        Line.Raw(" ("u8);
        Text(reason);
        Line.Raw((byte)')');
    }

    /// <summary>An exit's status or the name of the signal that caused it.</summary>
    public void Status(uint code, ReadOnlySpan<byte> signal)
    {
        Paint(code == 0 && signal.IsEmpty ? CompactColour.None : CompactColour.Red);
        Line.Raw((byte)' ');
        if (signal.IsEmpty) Line.Number((ulong)code);
        else Line.Raw(signal);
        Paint(code == 0 && signal.IsEmpty ? CompactColour.None : CompactColour.Reset);
    }

    /// <summary>The policy that ended a program before it began.</summary>
    public void SignalBy(ReadOnlySpan<char> policy)
    {
        Paint(CompactColour.Red);
        Line.Raw(" [signal by "u8);
        Text(policy);
        Line.Raw((byte)']');
        Paint(CompactColour.Reset);
    }

    /// <summary>What was done to the process stands out; what a monitoring policy would have done is told apart.</summary>
    public void Done(MatchActions actions)
    {
        if ((actions & (MatchActions.Signal | MatchActions.Override | MatchActions.Write)) == 0) return;
        var isMonitored = (actions & MatchActions.Monitored) != 0;
        Paint(isMonitored ? CompactColour.Yellow : CompactColour.Red);
        Line.Raw(isMonitored ? " [would "u8 : " ["u8);
        if ((actions & MatchActions.Write) != 0) Line.Raw("write"u8);
        else if ((actions & MatchActions.Override) != 0) Line.Raw("deny"u8);
        if ((actions & MatchActions.Signal) != 0) Line.Raw((actions & (MatchActions.Write | MatchActions.Override)) != 0 ? ", signal"u8 : "signal"u8);
        Line.Raw((byte)']');
        Paint(CompactColour.Reset);
    }

    /// <summary>Text of processes and policies.</summary>
    public void Write(ReadOnlySpan<byte> text) => TerminalText.Write(Line, text);

    public void Text(ReadOnlySpan<char> text)
    {
        var most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_encoded.Length < most) _encoded = new byte[most];
        TerminalText.Write(Line, _encoded.AsSpan(0, Encoding.UTF8.GetBytes(text, _encoded)));
    }

    public void End() => Line.Raw((byte)'\n');

    public void Paint(CompactColour colour)
    {
        if (!options.IsColoured || colour == CompactColour.None) return;
        Line.Raw("\u001b["u8);
        Line.Number((ulong)colour);
        Line.Raw((byte)'m');
    }
}
