using System.Buffers.Text;
using System.Text;

namespace Skep.Bpf;

/// <summary>A line of <c>/proc/kallsyms</c>: <c>ffffffff81000000 T name</c>, for modules with a tab and <c>[module]</c> behind it.</summary>
readonly ref struct KernelSymbol
{
    readonly ReadOnlySpan<byte> _address;

    KernelSymbol(ReadOnlySpan<byte> address, byte type, ReadOnlySpan<byte> name, ReadOnlySpan<byte> module)
    {
        _address = address;
        Type = type;
        Name = name;
        Module = module;
    }

    /// <summary>Its type as nm(1) has it.</summary>
    public byte Type { get; }

    /// <summary>Its name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The module that it belongs to; empty for the kernel itself.</summary>
    public ReadOnlySpan<byte> Module { get; }

    /// <summary>Its address; 0 where it is hidden from this process, null when the line is damaged.</summary>
    public ulong? Address => Utf8Parser.TryParse(_address, out ulong address, out var used, 'x') && used == _address.Length ? address : null;

    /// <summary>Whether it is code.</summary>
    public bool IsFunction => Type is (byte)'t' or (byte)'T' or (byte)'w' or (byte)'W';

    /// <summary>Its name as text.</summary>
    public string Text => Encoding.UTF8.GetString(Name);

    /// <summary>Takes a line apart; false when it is none.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, out KernelSymbol symbol)
    {
        symbol = default;
        var space = line.IndexOf((byte)' ');
        if (space <= 0 || line.Length < space + 4) return false;
        var name = line[(space + 3)..];
        var tab = name.IndexOf((byte)'\t');
        var module = tab < 0 ? default : name[(tab + 1)..].Trim(" \r"u8).Trim("[]"u8);
        symbol = new KernelSymbol(line[..space], line[space + 1], tab < 0 ? name : name[..tab], module);
        return true;
    }
}
