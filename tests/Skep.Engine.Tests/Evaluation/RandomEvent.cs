using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Skep.Engine.Processes;
using Skep.Engine.Records;
using Skep.Engine.Rules;
using Skep.Engine.Tests.Matching;
using Skep.Tetragon.Tests.Export;

namespace Skep.Engine.Tests.Evaluation;

/// <summary>A record with a value of each sort, its process with two ancestors, and what the kernel would answer about it.</summary>
sealed class RandomEvent
{
    public const int Generations = 3, NamespaceKinds = 10;
    public const int FirstNamespace = 0, FirstCapabilities = 10, ChangedCapabilities = 13, ChangedNamespaces = 14, InInitial = 15, PidInNamespace = 16, InWorkload = 17;
    public const int FirstLength = 18, FirstPid = 21, FactCount = 24;

    /// <summary>What is captured, in this order.</summary>
    public static readonly ValueKind[] Kinds =
    [
        ValueKind.Int8, ValueKind.UInt8, ValueKind.Int16, ValueKind.UInt16, ValueKind.Int32, ValueKind.UInt32, ValueKind.Int64, ValueKind.UInt64,
        ValueKind.Text, ValueKind.File, ValueKind.Arguments, ValueKind.Sock, ValueKind.SocketAddress, ValueKind.Skb, ValueKind.EffectiveSet, ValueKind.PermittedSet,
    ];

    public const int Numbers = 8, FirstText = 8, Socket = 11, Address = 12, Packet = 13, NewSet = 14, OldSet = 15;

    public RandomEvent(Random random)
    {
        var record = new HookRecordBuilder();
        for (var i = 0; i < Numbers; i++) record.Number(NumberOf(random, Kinds[i]));
        AddText(record, random, 0);
        AddText(record, random, (ushort)(random.Next(4) switch { 0 => 0x8000, 1 => 0x4000, 2 => 0x2000, _ => 0 } | random.Next(512)));
        AddText(record, random, 0);
        AddObject(record, random, SocketBytes(random));
        AddObject(record, random, AddressBytes(random));
        AddObject(record, random, PacketBytes(random));
        record.Number(Mask(random)).Number(Mask(random));
        Record = record.Build();

        Facts = new ulong[FactCount];
        for (var i = 0; i < NamespaceKinds; i++) Facts[FirstNamespace + i] = (ulong)random.Next(1, 4);
        for (var i = 0; i < 3; i++) Facts[FirstCapabilities + i] = Mask(random);
        for (var i = ChangedCapabilities; i <= InWorkload; i++) Facts[i] = (ulong)random.Next(3);
        Facts[PidInNamespace] = (ulong)random.Next(1, 4);
        ProcessInfo? parent = null;
        for (var i = Generations; i > 0; i--)
        {
            parent = new ProcessInfo
            {
                Id = new ProcessId((uint)random.Next(1, 6), (ulong)i),
                Parent = parent,
                ParentId = parent?.Id ?? default,
                Executable = RandomPatterns.Text(random, 10),
                PidInNamespace = (uint)Facts[PidInNamespace],
                Namespaces = MemoryMarshal.Read<NamespaceSet>(MemoryMarshal.AsBytes(Facts.AsSpan(0, NamespaceKinds).ToArray().Select(f => (uint)f).ToArray().AsSpan())),
                Credentials = new Credentials { Effective = Facts[FirstCapabilities], Inheritable = Facts[FirstCapabilities + 1], Permitted = Facts[FirstCapabilities + 2] },
            };
        }
        Process = parent!;
    }

    public byte[] Record { get; }

    public ulong[] Facts { get; }

    public ProcessInfo Process { get; }

    public static IReadOnlyList<ValueSpec> Values() => [.. Kinds.Select((kind, i) => new ValueSpec { Kind = kind, Index = i })];

    /// <summary>Numbers at the borders of all widths, and small ones.</summary>
    public static long Border(Random random)
    {
        var border = random.Next(9) switch
        {
            0 => 0,
            1 => sbyte.MaxValue,
            2 => byte.MaxValue,
            3 => short.MaxValue,
            4 => ushort.MaxValue,
            5 => int.MaxValue,
            6 => uint.MaxValue,
            7 => long.MaxValue,
            _ => random.Next(100),
        };
        var near = unchecked(border + random.Next(-2, 3));
        return random.Next(3) == 0 ? unchecked(-near) : near;
    }

    /// <summary>As the kernel keeps a number of a kind: 64 bits by its own sign.</summary>
    public static ulong NumberOf(Random random, ValueKind kind)
    {
        var number = Border(random);
        return unchecked(kind switch
        {
            ValueKind.Int8 => (ulong)(sbyte)number,
            ValueKind.UInt8 => (byte)number,
            ValueKind.Int16 => (ulong)(short)number,
            ValueKind.UInt16 => (ushort)number,
            ValueKind.Int32 => (ulong)(int)number,
            ValueKind.UInt32 => (uint)number,
            _ => (ulong)number,
        });
    }

    public static ulong Mask(Random random) => random.Next(4) switch { 0 => 0, 1 => 1UL << random.Next(64), 2 => 1UL << 63 | 1, _ => (ulong)random.NextInt64() };

    /// <summary>Few addresses, so that networks hold them.</summary>
    public static byte[] AddressOf(Random random, bool isIPv6)
    {
        var address = new byte[16];
        if (!isIPv6)
        {
            (address[0], address[3]) = ((byte)(random.Next(2) == 0 ? 10 : 192), (byte)random.Next(256));
            return address;
        }
        if (random.Next(3) == 0) (address[10], address[11], address[12]) = (255, 255, 10);
        else (address[0], address[7], address[8]) = ((byte)(random.Next(2) == 0 ? 0xfe : 0x20), (byte)random.Next(3), (byte)(random.Next(2) * 0x80));
        address[15] = (byte)random.Next(256);
        return address;
    }

    public static ushort Port(Random random) => (ushort)(random.Next(4) switch { 0 => 0, 1 => 65535, 2 => 443, _ => random.Next(1025) });

    static void AddText(HookRecordBuilder record, Random random, ushort mode)
    {
        if (random.Next(12) == 0) record.Bytes([], ArgumentFlags.Unread);
        else record.Bytes(RandomTexts.Text(random), ArgumentFlags.None, mode);
    }

    static void AddObject(HookRecordBuilder record, Random random, byte[] bytes)
    {
        if (random.Next(12) == 0) record.Bytes([], ArgumentFlags.Null);
        else record.Bytes(bytes);
    }

    static ushort Family(Random random) => (ushort)(random.Next(4) switch { 0 or 1 => 2, 2 => 10, _ => random.Next(20) });

    static byte[] SocketBytes(Random random)
    {
        var bytes = new byte[80];
        var family = Family(random);
        Write(bytes, 0, family);
        Write(bytes, 4, (ushort)(random.Next(2) == 0 ? 6 : 17));
        Write(bytes, 6, (ushort)random.Next(12));
        Ends(bytes, random, family);
        return bytes;
    }

    static byte[] PacketBytes(Random random)
    {
        var bytes = new byte[72];
        var family = Family(random);
        Write(bytes, 52, family);
        Write(bytes, 54, (ushort)(random.Next(2) == 0 ? 6 : 17));
        Ends(bytes, random, family);
        return bytes;
    }

    static byte[] AddressBytes(Random random)
    {
        var bytes = new byte[24];
        var family = Family(random);
        Write(bytes, 0, family);
        Write(bytes, 2, Port(random));
        AddressOf(random, family == 10).CopyTo(bytes, 8);
        return bytes;
    }

    static void Ends(byte[] bytes, Random random, ushort family)
    {
        AddressOf(random, family == 10).CopyTo(bytes, 16);
        AddressOf(random, family == 10).CopyTo(bytes, 32);
        Write(bytes, 48, Port(random));
        Write(bytes, 50, Port(random));
    }

    static void Write(byte[] bytes, int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(offset), value);
}
