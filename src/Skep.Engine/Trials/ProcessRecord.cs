using System.Runtime.InteropServices;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;

namespace Skep.Engine.Trials;

/// <summary>
/// Makes the record that the kernel would have sent of an execution or exit, had a policy asked for these values, out of what is known of the process. What is not known is not
/// in it.
/// </summary>
sealed class ProcessRecord
{
    const int EntrySize = 8;

    /// <summary>What the kernel reads of a text at most (<c>MAX_STRING</c>).</summary>
    const int LongestText = 4096;

    /// <summary>An executable is a regular file.</summary>
    const ushort RegularFile = 0x8000;

    readonly string?[] _names;
    byte[] _bytes = new byte[1 << 14];
    int _length;

    public ProcessRecord(IReadOnlyList<ValueSpec> values, bool isExit)
    {
        var known = isExit ? ProcessValues.OfExit : ProcessValues.OfExecution;
        _names = [.. values.Select(value => known.FirstOrDefault(k => k.Value == value with { Label = "" }).Key)];
    }

    /// <summary>The record; valid until the next one.</summary>
    public HookRecord Of(ProcessInfo process, ulong time, uint tid, uint status)
    {
        var count = Math.Min(_names.Length, HookRecord.MaxArguments);
        var captured = 0u;
        _length = HookHeader.Size + count * EntrySize;
        Array.Clear(_bytes, 0, _length);
        for (var i = 0; i < count; i++)
        {
            if (TryWrite(i, process, status)) captured |= 1u << i;
        }
        var header = new RecordHeader((uint)_length, RecordKind.Hook, 0, 0, process.Flags, time, process.Id.Start, process.Id.Pid, tid, process.CgroupId,
            process.ParentId.Start, process.ParentId.Pid, 0);
        MemoryMarshal.Write(_bytes, header);
        MemoryMarshal.Write(_bytes.AsSpan(RecordHeader.Size), captured);
        MemoryMarshal.Write(_bytes.AsSpan(RecordHeader.Size + 6), (ushort)count);
        HookRecord.TryRead(_bytes.AsSpan(0, _length), out var record);
        return record;
    }

    bool TryWrite(int index, ProcessInfo process, uint status)
    {
        var flags = process.Flags;
        // What is a stand-in tells nothing but its identity.
        if (process.IsPlaceholder && _names[index] is not ("code" or "signal")) return false;
        switch (_names[index])
        {
            case "executable":
                return (flags & ProcessFlags.ExecutableUnread) == 0 && Text(index, process.Executable.Span, RegularFile);
            case "filename":
                return !process.Filename.IsEmpty && (flags & ProcessFlags.FilenameCut) == 0 && Text(index, process.Filename.Span);
            case "arguments":
                return (flags & (ProcessFlags.ArgumentsCut | ProcessFlags.ArgumentsUnread)) == 0 && Arguments(index, process.Arguments.Span);
            case "cwd":
                if ((flags & ProcessFlags.RootWorkingDirectory) != 0) return Text(index, "/"u8);
                return (flags & (ProcessFlags.WorkingDirectoryUnread | ProcessFlags.NoWorkingDirectory)) == 0 && Text(index, process.WorkingDirectory.Span);
            case "comm":
                return !process.Comm.IsEmpty && Text(index, process.Comm.Span);
            case "uid":
                return Number(index, process.Credentials.Uid);
            case "euid":
                return Number(index, process.Credentials.EffectiveUid);
            case "gid":
                return Number(index, process.Credentials.Gid);
            case "egid":
                return Number(index, process.Credentials.EffectiveGid);
            case "flags":
                return Number(index, (uint)flags);
            case "code":
                return Number(index, (status & 0x7f) == 0 ? status >> 8 & 0xff : 0);
            case "signal":
                return Number(index, status & 0x7f);
            default:
                return false;
        }
    }

    bool Number(int index, ulong value)
    {
        MemoryMarshal.Write(_bytes.AsSpan(HookHeader.Size + index * EntrySize), value);
        return true;
    }

    bool Arguments(int index, ReadOnlySpan<byte> arguments)
    {
        // The last one's NUL is no part of the text.
        if (!arguments.IsEmpty) arguments = arguments[..^1];
        var start = _length;
        if (!Text(index, arguments)) return false;
        _bytes.AsSpan(start, arguments.Length).Replace((byte)0, (byte)' ');
        return true;
    }

    bool Text(int index, ReadOnlySpan<byte> text, ushort mode = 0)
    {
        if (text.Length > LongestText) return false;
        if (_bytes.Length < _length + text.Length) Array.Resize(ref _bytes, (_length + text.Length) * 2);
        var entry = _bytes.AsSpan(HookHeader.Size + index * EntrySize);
        MemoryMarshal.Write(entry, (ushort)_length);
        MemoryMarshal.Write(entry[2..], (ushort)text.Length);
        MemoryMarshal.Write(entry[6..], mode);
        text.CopyTo(_bytes.AsSpan(_length));
        _length += text.Length;
        return true;
    }
}
