using Skep.Bpf.Interop;

namespace Skep.Bpf;

/// <summary>
/// A struct of function pointers registered with the kernel: a TCP congestion control, a scheduler … Requires at least Linux 5.6; a kernel
/// link since 6.4 when the map has <see cref="MapFlags.Link"/>. Without a link the map's element is the registration.
/// </summary>
public sealed class StructOpsLink : BpfLink
{
    const ulong ElementAny = 0;
    static readonly KernelSupport s_links = new("a struct_ops link", new(6, 4), "create the map without MapFlags.Link");

    StructOpsLink(FileDescriptor? fd, Action? undo = null) : base(fd, undo) { }

    /// <summary>Registers a map whose value was set before.</summary>
    /// <param name="map">A struct_ops map made with <see cref="MapFlags.Link"/>, holding its value.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it; EEXIST means that the name is taken.</exception>
    public static StructOpsLink Attach(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if ((map.Flags & MapFlags.Link) == 0) throw new ArgumentException("a map without MapFlags.Link is registered with its value", nameof(map));
        var attr = new LinkCreateAttr { MapFd = map.Fd.Value, AttachType = (uint)AttachType.StructOps };
        var result = LinkSyscalls.Create(ref attr);
        return result >= 0
            ? new StructOpsLink(new FileDescriptor(result))
            : throw new BpfSyscallException($"register struct_ops map '{map.Name}'", -result, WhyNot(-result), s_links.IsOlderHere ? s_links.Alternative : null);
    }

    /// <summary>Sets a map's value, which registers it, and registers a link as well where the map has <see cref="MapFlags.Link"/>.</summary>
    /// <param name="map">A struct_ops map.</param>
    /// <param name="value">The kernel's layout of the value, with program descriptors in place of function pointers.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public static StructOpsLink Attach(BpfMap map, ReadOnlySpan<byte> value)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (value.Length != map.ValueSize) throw new ArgumentException($"the value has {value.Length} bytes, the map wants {map.ValueSize}", nameof(value));
        var result = MapElement.Update(map.Fd.Value, [0, 0, 0, 0], value, ElementAny);
        if (result < 0) throw new BpfSyscallException($"set struct_ops map '{map.Name}'", -result, WhyNot(-result));
        if ((map.Flags & MapFlags.Link) != 0) return Attach(map);
        var held = map.Fd.Duplicate();
        return new StructOpsLink(null, () =>
        {
            using (held) MapElement.Delete(held.Value, [0, 0, 0, 0]);
        });
    }

    /// <summary>Puts another struct of the same kind and name in place, without a gap. Requires at least Linux 6.4 and a kind that can.</summary>
    /// <param name="map">A struct_ops map that holds its value and is not registered.</param>
    /// <exception cref="BpfSyscallException">The kernel refused it.</exception>
    public void Update(BpfMap map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (Fd is null) throw new InvalidOperationException("only a struct_ops registered by a link can be replaced");
        var result = LinkSyscalls.Update(Fd.Value, map.Fd.Value, expectedOld: null);
        if (result < 0) throw new BpfSyscallException($"replace struct_ops by map '{map.Name}'", -result);
    }

    static string? WhyNot(int errno) => errno switch
    {
        Errno.EEXIST => "the kernel has a struct of this kind and name already",
        Errno.EINVAL when s_links.IsOlderHere => s_links.ToString(),
        Errno.EINVAL => "the value is incomplete: a required function or the name is missing",
        Errno.EBADF => "the map has no value yet, or a function is no program",
        Errno.EBUSY => "the map is registered already",
        _ => null,
    };
}
