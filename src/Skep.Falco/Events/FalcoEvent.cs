using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Falco.Calls;
using Skep.Falco.Evaluation;
using Skep.Falco.Fields;

namespace Skep.Falco.Events;

/// <summary>
/// An event as rules see it: what the kernel told at the hook, and what is known of the process. One object serves one event after the other; values that are made of
/// several live in it until the next.
/// </summary>
sealed class FalcoEvent(BootClock clock, UserNames users, string host) : IFalcoEvent
{
    readonly Dictionary<ProcessId, ProcessStatus> _status = [];
    byte[] _record = new byte[4096], _text = new byte[16384];
    int _recordLength, _textLength;
    readonly sbyte[] _places = new sbyte[HookRecord.MaxArguments];

    /// <inheritdoc/>
    public int EventType { get; private set; }

    /// <summary>The kind of event.</summary>
    public EventInfo Kind => EventCatalogue.All[EventType];

    /// <summary>What was captured; null of an execution.</summary>
    public CallValues? Values { get; private set; }

    /// <summary>Who did it; null when that is not known.</summary>
    public ProcessInfo? Process { get; private set; }

    /// <summary>Its thread.</summary>
    public uint Tid { get; private set; }

    /// <summary>Its place among the events that rules looked at, from 1.</summary>
    public ulong Number { get; private set; }

    /// <summary>When: nanoseconds since 1970.</summary>
    public ulong Time { get; private set; }

    /// <summary>A time of the kernel as nanoseconds since 1970.</summary>
    public ulong TimeOf(ulong sinceBoot) => (ulong)clock.UnixNanoseconds(sinceBoot);

    /// <summary>The processor; -1 when it is not known.</summary>
    public int Cpu { get; private set; }

    /// <summary>Names of users and groups.</summary>
    public UserNames Users => users;

    /// <summary>The host's name.</summary>
    public string Host => host;

    /// <summary>What the kernel saw at the hook; an empty record of an execution.</summary>
    public HookRecord Record => HookRecord.TryRead(_record.AsSpan(0, _recordLength), out var record) ? record : default;

    /// <summary>Takes an execution, or an exit.</summary>
    public void Set(EventInfo kind, ProcessInfo process, uint tid, ulong time)
    {
        Begin(kind, null, process, tid, time);
        _recordLength = 0;
        Cpu = -1;
    }

    /// <summary>Takes a call.</summary>
    public void Set(CallValues values, in HookEvent seen)
    {
        Begin(values.Call.Event, values, seen.Process, seen.Record.Tid, seen.Record.Time);
        var bytes = seen.Record.Bytes;
        if (_record.Length < bytes.Length) _record = new byte[bytes.Length * 2];
        bytes.CopyTo(_record);
        _recordLength = bytes.Length;
        for (var i = 0; i < _places.Length; i++) _places[i] = (sbyte)seen.PlaceOf(i);
        Cpu = (int)seen.Record.Cpu;
    }

    void Begin(EventInfo kind, CallValues? values, ProcessInfo? process, uint tid, ulong time)
    {
        (EventType, Values, Process, Tid, Time, _textLength) = (kind.Index, values, process, tid, (ulong)clock.UnixNanoseconds(time), 0);
        Number++;
        _status.Clear();
    }

    /// <inheritdoc/>
    public bool TryRead(FieldReference field, int position, out FieldValue value) => FieldReaders.TryRead(this, field, position, out value);

    /// <summary>The place in the record of what is captured so; -1 when it is not, or could not be read.</summary>
    public int PlaceOf(Engine.Rules.ValueSpec? spec)
    {
        if (spec is null || Values is not { } values || values.Find(spec) is not (>= 0 and var place)) return -1;
        var at = _places[place];
        return at >= 0 && Record.IsCaptured(at) ? at : -1;
    }

    /// <summary>Reads a captured number.</summary>
    public bool TryNumber(Engine.Rules.ValueSpec? spec, out long number)
    {
        number = 0;
        if (PlaceOf(spec) is not (>= 0 and var place)) return false;
        number = (long)Record.NumberAt(place);
        return true;
    }

    /// <summary>Reads captured bytes; what was empty or could not be read has none.</summary>
    public bool TryBytes(Engine.Rules.ValueSpec? spec, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (PlaceOf(spec) is not (>= 0 and var place)) return false;
        var record = Record;
        return (record.FlagsAt(place) & (ArgumentFlags.Null | ArgumentFlags.Unread)) == 0 && record.TryGetBytes(place, out bytes);
    }

    /// <summary>What the kernel tells now of a process that may be over; null when it is.</summary>
    public ProcessStatus? StatusOf(ProcessInfo? process)
    {
        if (process is null) return null;
        if (!_status.TryGetValue(process.Id, out var status)) _status[process.Id] = status = ProcessStatus.Read(process);
        return status.Exists ? status : null;
    }

    /// <summary>Room for a value that is made here.</summary>
    public Span<byte> Room(int length)
    {
        // What was made before stays where it is: its reader has it.
        if (_text.Length - _textLength < length) (_text, _textLength) = (new byte[Math.Max(_text.Length * 2, length)], 0);
        return _text.AsSpan(_textLength, length);
    }

    /// <summary>Keeps the first bytes of the room as the value.</summary>
    public ReadOnlySpan<byte> Keep(int length)
    {
        _textLength += length;
        return _text.AsSpan(_textLength - length, length);
    }

    /// <summary>Keeps a copy of a text.</summary>
    public ReadOnlySpan<byte> Keep(string text)
    {
        var room = Room(System.Text.Encoding.UTF8.GetMaxByteCount(text.Length));
        return Keep(System.Text.Encoding.UTF8.GetBytes(text, room));
    }

    /// <summary>Keeps texts one after the other.</summary>
    public ReadOnlySpan<byte> Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, ReadOnlySpan<byte> third = default)
    {
        var room = Room(first.Length + second.Length + third.Length);
        first.CopyTo(room);
        second.CopyTo(room[first.Length..]);
        third.CopyTo(room[(first.Length + second.Length)..]);
        return Keep(first.Length + second.Length + third.Length);
    }
}
