namespace Skep.Tetragon.Export;

/// <summary>File modes as <c>ls -l</c> shows them: <c>-rwsr-xr-x</c>.</summary>
static class ModeText
{
    public const int Longest = 10;

    const int S_ISUID = 0x800, S_ISGID = 0x400, S_ISVTX = 0x200;

    /// <summary>Writes a mode; returns its length, which is one less when the file's type is not known.</summary>
    public static int Format(ushort mode, Span<byte> place)
    {
        var type = (mode >> 12) switch
        {
            6 => (byte)'b',
            2 => (byte)'c',
            4 => (byte)'d',
            1 => (byte)'p',
            10 => (byte)'l',
            8 => (byte)'-',
            12 => (byte)'s',
            _ => (byte)0,
        };
        var length = 0;
        if (type != 0) place[length++] = type;
        Bits(place, ref length, mode >> 6, (mode & S_ISUID) != 0, (byte)'s');
        Bits(place, ref length, mode >> 3, (mode & S_ISGID) != 0, (byte)'s');
        Bits(place, ref length, mode, (mode & S_ISVTX) != 0, (byte)'t');
        return length;
    }

    static void Bits(Span<byte> place, ref int length, int bits, bool isSpecial, byte special)
    {
        place[length++] = (bits & 4) != 0 ? (byte)'r' : (byte)'-';
        place[length++] = (bits & 2) != 0 ? (byte)'w' : (byte)'-';
        var executes = (bits & 1) != 0;
        place[length++] = isSpecial ? executes ? special : (byte)(special - 0x20) : executes ? (byte)'x' : (byte)'-';
    }
}
