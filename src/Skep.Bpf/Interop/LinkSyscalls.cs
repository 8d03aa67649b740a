using System.Runtime.InteropServices;
using System.Text;

namespace Skep.Bpf.Interop;

/// <summary>The commands of <c>bpf(2)</c> that create, query and change attachments. Each returns a descriptor, zero, or the negated errno.</summary>
static unsafe class LinkSyscalls
{
    public const uint ReplaceFlag = 1 << 2;
    const int PathBuffer = 4096;

    public static int Create(ref LinkCreateAttr attr) => BpfSyscall.Invoke(BpfCommand.LinkCreate, ref attr);

    public static int CreateIterator(int program, ReadOnlySpan<byte> target)
    {
        fixed (byte* pointer = target)
        {
            var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)AttachType.TraceIter };
            attr.Iterator.Info = BpfSyscall.Pointer(pointer);
            attr.Iterator.InfoLength = (uint)target.Length;
            return Create(ref attr);
        }
    }

    /// <summary>Opens a new pass over an iterator.</summary>
    public static int StartIterator(int link)
    {
        var attr = new IteratorCreateAttr { LinkFd = link };
        return BpfSyscall.Invoke(BpfCommand.IterCreate, ref attr);
    }

    /// <summary>Exactly one of <paramref name="symbols"/> and <paramref name="addresses"/> is not empty.</summary>
    public static int CreateKprobeMulti(
        int program, AttachType type, uint flags, ReadOnlySpan<string> symbols, ReadOnlySpan<ulong> addresses, ReadOnlySpan<ulong> cookies)
    {
        var strings = new nint[symbols.Length];
        try
        {
            for (var i = 0; i < strings.Length; i++) strings[i] = Marshal.StringToCoTaskMemUTF8(symbols[i]);
            fixed (nint* symbolPointer = strings)
            fixed (ulong* addressPointer = addresses)
            fixed (ulong* cookiePointer = cookies)
            {
                var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)type };
                attr.KprobeMulti.Flags = flags;
                attr.KprobeMulti.Count = (uint)Math.Max(symbols.Length, addresses.Length);
                attr.KprobeMulti.Symbols = BpfSyscall.Pointer(symbolPointer);
                attr.KprobeMulti.Addresses = BpfSyscall.Pointer(addressPointer);
                attr.KprobeMulti.Cookies = BpfSyscall.Pointer(cookiePointer);
                return Create(ref attr);
            }
        }
        finally
        {
            foreach (var pointer in strings) Marshal.FreeCoTaskMem(pointer);
        }
    }

    public static int CreateUprobeMulti(
        int program, AttachType type, uint flags, string path, uint pid,
        ReadOnlySpan<ulong> offsets, ReadOnlySpan<ulong> referenceCounters, ReadOnlySpan<ulong> cookies)
    {
        var utf8 = Terminated(path);
        fixed (byte* pathPointer = utf8)
        fixed (ulong* offsetPointer = offsets)
        fixed (ulong* counterPointer = referenceCounters)
        fixed (ulong* cookiePointer = cookies)
        {
            var attr = new LinkCreateAttr { ProgramFd = program, AttachType = (uint)type };
            attr.UprobeMulti.Path = BpfSyscall.Pointer(pathPointer);
            attr.UprobeMulti.Offsets = BpfSyscall.Pointer(offsetPointer);
            attr.UprobeMulti.ReferenceCounterOffsets = BpfSyscall.Pointer(counterPointer);
            attr.UprobeMulti.Cookies = BpfSyscall.Pointer(cookiePointer);
            attr.UprobeMulti.Count = (uint)offsets.Length;
            attr.UprobeMulti.Flags = flags;
            attr.UprobeMulti.Pid = pid;
            return Create(ref attr);
        }
    }

    /// <summary>Attaches a raw tracepoint by name, or a program with a BTF target when <paramref name="name"/> is null.</summary>
    public static int OpenRawTracepoint(string? name, int program, ulong cookie)
    {
        var utf8 = name is null ? null : Terminated(name);
        fixed (byte* pointer = utf8)
        {
            var attr = new RawTracepointAttr { Name = BpfSyscall.Pointer(pointer), ProgramFd = program, Cookie = cookie };
            return BpfSyscall.Invoke(BpfCommand.RawTracepointOpen, ref attr);
        }
    }

    public static int Update(int link, int newFd, int? expectedOld)
    {
        var attr = new LinkUpdateAttr { LinkFd = link, NewFd = newFd };
        if (expectedOld is { } old) (attr.Flags, attr.OldFd) = (ReplaceFlag, old);
        return BpfSyscall.Invoke(BpfCommand.LinkUpdate, ref attr);
    }

    public static int Detach(int link)
    {
        var attr = new LinkUpdateAttr { LinkFd = link };
        return BpfSyscall.Invoke(BpfCommand.LinkDetach, ref attr);
    }

    public static int OpenById(uint id)
    {
        var attr = new ObjectIdAttr { Id = id };
        return BpfSyscall.Invoke(BpfCommand.LinkGetFdById, ref attr);
    }

    public static int Attach(ProgramAttachAttr attr) => BpfSyscall.Invoke(BpfCommand.ProgramAttach, ref attr);

    public static int DetachProgram(ProgramAttachAttr attr) => BpfSyscall.Invoke(BpfCommand.ProgramDetach, ref attr);

    public static int GetInfo(int fd, ref LinkInfoData info)
    {
        fixed (LinkInfoData* pointer = &info)
        {
            var attr = new ObjectInfoAttr { BpfFd = fd, InfoLength = (uint)sizeof(LinkInfoData), Info = BpfSyscall.Pointer(pointer) };
            return BpfSyscall.Invoke(BpfCommand.ObjGetInfoByFd, ref attr);
        }
    }

    /// <summary>Reads what needs a buffer of the caller's: names and arrays. The first call told the kind and the counts.</summary>
    public static int GetDetails(int fd, ref LinkInfoData info, out string name, out ulong[] first, out ulong[] second, out ulong[] third)
    {
        var count = (LinkType)info.Type switch
        {
            LinkType.KprobeMulti => info.KprobeMultiCount,
            LinkType.UprobeMulti => info.UprobeMultiCount,
            _ => 0u,
        };
        (first, second, third) = (new ulong[count], new ulong[count], new ulong[count]);
        var text = new byte[PathBuffer];
        int result;
        fixed (byte* textPointer = text)
        fixed (ulong* firstPointer = first, secondPointer = second, thirdPointer = third)
        {
            var query = default(LinkInfoData);
            switch ((LinkType)info.Type)
            {
                case LinkType.RawTracepoint:
                    (query.RawTracepointName, query.RawTracepointNameLength) = (BpfSyscall.Pointer(textPointer), PathBuffer);
                    break;
                case LinkType.Iter:
                    (query.IteratorTargetName, query.IteratorTargetNameLength) = (BpfSyscall.Pointer(textPointer), PathBuffer);
                    break;
                case LinkType.PerfEvent:
                    (query.PerfEventName, query.PerfEventNameLength) = (BpfSyscall.Pointer(textPointer), PathBuffer);
                    break;
                case LinkType.KprobeMulti:
                    query.KprobeMultiAddresses = BpfSyscall.Pointer(firstPointer);
                    query.KprobeMultiCookies = BpfSyscall.Pointer(secondPointer);
                    query.KprobeMultiCount = count;
                    break;
                case LinkType.UprobeMulti:
                    (query.UprobeMultiPath, query.UprobeMultiPathSize) = (BpfSyscall.Pointer(textPointer), PathBuffer);
                    query.UprobeMultiOffsets = BpfSyscall.Pointer(firstPointer);
                    query.UprobeMultiReferenceCounters = BpfSyscall.Pointer(secondPointer);
                    query.UprobeMultiCookies = BpfSyscall.Pointer(thirdPointer);
                    query.UprobeMultiCount = count;
                    break;
            }
            result = GetInfo(fd, ref query);
            if (result >= 0) info = query;
        }
        var end = Array.IndexOf(text, (byte)0);
        name = Encoding.UTF8.GetString(text, 0, Math.Max(end, 0));
        return result;
    }

    static byte[] Terminated(string text) => Encoding.UTF8.GetBytes(text + "\0");
}
