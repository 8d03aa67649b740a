using System.Globalization;

namespace Skep.Tetragon.Export;

/// <summary>Addresses as Go prints them: RFC 5952, and an IPv4 address in an IPv6 one as IPv4.</summary>
static class AddressText
{
    public const int Longest = 39;

    static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>Writes an address of 4 or 16 bytes; returns its length.</summary>
    public static int Format(ReadOnlySpan<byte> address, Span<byte> place)
    {
        if (address.Length == 4) return FormatV4(address, place);
        return address.StartsWith(MappedPrefix) ? FormatV4(address[12..], place) : FormatV6(address, place);
    }

    static int FormatV4(ReadOnlySpan<byte> address, Span<byte> place)
    {
        var length = 0;
        for (var i = 0; i < 4; i++)
        {
            if (i > 0) place[length++] = (byte)'.';
            address[i].TryFormat(place[length..], out var written, provider: CultureInfo.InvariantCulture);
            length += written;
        }
        return length;
    }

    static int FormatV6(ReadOnlySpan<byte> address, Span<byte> place)
    {
        var (gap, gapLength) = LongestGap(address);
        var length = 0;
        for (var group = 0; group < 8; group++)
        {
            if (group == gap)
            {
                "::"u8.CopyTo(place[length..]);
                length += 2;
                group += gapLength - 1;
                continue;
            }
            if (group > 0 && group != gap + gapLength) place[length++] = (byte)':';
            var number = (ushort)(address[group * 2] << 8 | address[group * 2 + 1]);
            number.TryFormat(place[length..], out var written, "x", CultureInfo.InvariantCulture);
            length += written;
        }
        return length;
    }

    /// <summary>The first of the longest runs of zero groups, if it is longer than one.</summary>
    static (int First, int Length) LongestGap(ReadOnlySpan<byte> address)
    {
        var (best, bestLength) = (-1, 1);
        for (var group = 0; group < 8; group++)
        {
            var end = group;
            while (end < 8 && address[end * 2] == 0 && address[end * 2 + 1] == 0) end++;
            if (end - group > bestLength) (best, bestLength) = (group, end - group);
            group = Math.Max(group, end - 1);
        }
        return best < 0 ? (-9, 0) : (best, bestLength);
    }
}
