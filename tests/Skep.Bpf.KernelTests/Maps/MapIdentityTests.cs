using Shouldly;
using Skep.Testing;

namespace Skep.Bpf.KernelTests;

public class MapIdentityTests
{
    [KernelFact]
    public void Info_repeats_what_the_map_was_created_with()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 77, "a_name_longer_than_the_kernels", MapFlags.NoPreallocation);
        var info = map.Map.GetInfo();
        info.Name.ShouldBe("a_name_longer_t");
        (info.Type, info.KeySize, info.ValueSize, info.MaxEntries, info.Flags).ShouldBe((MapType.Hash, 4u, 8u, 77u, MapFlags.NoPreallocation));
        info.Id.ShouldBeGreaterThan(0u);
        info.IsFrozen.ShouldBe(false);
        info.MemoryBytes.ShouldNotBeNull().ShouldBeGreaterThan(0);
    }

    [KernelFact]
    public void A_map_opened_by_id_is_the_same_map()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 4, "by_id");
        map[1] = 11;
        var id = map.Map.GetInfo().Id;
        ObjectIds.Maps.ShouldContain(id);
        using var other = new BpfMap<int, long>(BpfMap.FromId(id));
        other[1].ShouldBe(11);
        other.Map.Name.ShouldBe("by_id");
    }

    [KernelFact]
    public void An_id_that_no_map_has_is_an_error_that_names_it() =>
        Should.Throw<BpfException>(() => BpfMap.FromId(0x7fff_fff0)).Message.ShouldContain("2147483632");

    [KernelFact]
    public void A_pinned_map_survives_its_descriptor()
    {
        using var fs = new TemporaryBpfFileSystem();
        var path = fs["kept"];
        using (var map = BpfMap.Create<int, long>(MapType.Hash, 4, "kept"))
        {
            map[1] = 11;
            map.Map.Pin(path);
            Should.Throw<BpfSyscallException>(() => map.Map.Pin(path)).ErrorName.ShouldBe("EEXIST");
        }
        using (var again = new BpfMap<int, long>(BpfMap.FromPin(path))) again[1].ShouldBe(11);
        using (var readOnly = new BpfMap<int, long>(BpfMap.FromPin(path, MapFlags.UserReadOnly)))
        {
            readOnly[1].ShouldBe(11);
            Should.Throw<BpfSyscallException>(() => readOnly[1] = 12).ErrorName.ShouldBe("EPERM");
        }
        BpfMap.Unpin(path);
        Should.Throw<BpfSyscallException>(() => BpfMap.FromPin(path)).ErrorName.ShouldBe("ENOENT");
        Should.Throw<FileNotFoundException>(() => BpfMap.Unpin(path));
    }

    [KernelFact]
    public void A_pin_outside_a_bpf_file_system_is_explained()
    {
        using var map = BpfMap.Create<int, long>(MapType.Hash, 4);
        var error = Should.Throw<BpfSyscallException>(() => map.Map.Pin(Path.Combine(Path.GetTempPath(), "skep-no-bpffs")));
        error.Message.ShouldContain("not on a BPF file system");
    }
}
