using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skep.Engine.Records;

namespace Skep.Tetragon.Tests.Export;

/// <summary>Puts records of hooks together as the kernel's side does.</summary>
public sealed class HookRecordBuilder
{
    const int HeaderSize = 72;

    readonly List<(bool IsNumber, ulong Number, byte[] Bytes, ArgumentFlags Flags, ushort Mode)?> _values = [];
    readonly List<HookMatch> _matches = [];

    public uint Pid { get; init; } = 4242;

    public uint Tid { get; init; } = 4243;

    public ulong Start { get; init; } = 1_000_000_000;

    public ulong Time { get; init; } = 2_500_000_000;

    public HookRecordBuilder Number(ulong value)
    {
        _values.Add((true, value, [], default, 0));
        return this;
    }

    public HookRecordBuilder Number(long value) => Number((ulong)value);

    public HookRecordBuilder Bytes(byte[] bytes, ArgumentFlags flags = ArgumentFlags.None, ushort mode = 0)
    {
        _values.Add((false, 0, bytes, flags, mode));
        return this;
    }

    public HookRecordBuilder Text(string text, ArgumentFlags flags = ArgumentFlags.None, ushort mode = 0) => Bytes(System.Text.Encoding.UTF8.GetBytes(text), flags, mode);

    public HookRecordBuilder Missing()
    {
        _values.Add(null);
        return this;
    }

    public HookRecordBuilder Match(uint rule, MatchActions actions = MatchActions.Post)
    {
        _matches.Add(new HookMatch(rule, actions));
        return this;
    }

    public byte[] Build()
    {
        var table = HeaderSize + _values.Count * 8;
        var length = table + _values.Sum(value => value?.Bytes.Length ?? 0) + _matches.Count * 8;
        var record = new byte[length];
        uint captured = 0;
        var place = table;
        for (var i = 0; i < _values.Count; i++)
        {
            if (_values[i] is not { } value) continue;
            captured |= 1u << i;
            var entry = record.AsSpan(HeaderSize + i * 8);
            if (value.IsNumber)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(entry, value.Number);
                continue;
            }
            BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)place);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], (ushort)value.Bytes.Length);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)value.Flags);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[6..], value.Mode);
            value.Bytes.CopyTo(record, place);
            place += value.Bytes.Length;
        }
        foreach (var match in _matches)
        {
            MemoryMarshal.Write(record.AsSpan(place), match);
            place += 8;
        }
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)length);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(4), 4);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(6), 7);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(8), 1);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(16), Time);
        BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(24), Start);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(32), Pid);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(36), Tid);
        BinaryPrimitives.WriteUInt32LittleEndian(record.AsSpan(64), captured);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(68), (ushort)_matches.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(record.AsSpan(70), (ushort)_values.Count);
        return record;
    }

    /// <summary>A socket value with an IPv4 or IPv6 connection.</summary>
    public static byte[] Socket(ushort family, System.Net.IPEndPoint source, System.Net.IPEndPoint destination, ushort type = 1, ushort protocol = 6, ushort state = 2)
    {
        var bytes = new byte[80];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, family);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), type);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(4), protocol);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(6), state);
        source.Address.GetAddressBytes().CopyTo(bytes, 16);
        destination.Address.GetAddressBytes().CopyTo(bytes, 32);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(48), (ushort)source.Port);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(50), (ushort)destination.Port);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(56), 0xffff_8881_0123_4560);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(64), 99);
        return bytes;
    }

    /// <summary>Little-endian 32-bit numbers, then a name in its field.</summary>
    public static byte[] Object(ReadOnlySpan<uint> numbers, string? name = null, int nameSize = 16)
    {
        var bytes = new byte[numbers.Length * 4 + (name is null ? 0 : nameSize)];
        MemoryMarshal.AsBytes(numbers).CopyTo(bytes);
        if (name is not null) System.Text.Encoding.ASCII.GetBytes(name).CopyTo(bytes, numbers.Length * 4);
        return bytes;
    }
}
