using Skep.Bpf;

namespace Skep.Cli.Bpf;

/// <summary>Which programs and maps refer to which BTF object.</summary>
sealed class BtfUsers
{
    readonly Dictionary<uint, List<uint>> _programs = [], _maps = [];

    public static BtfUsers Read()
    {
        var users = new BtfUsers();
        foreach (var id in ObjectIds.Programs)
        {
            if (!BpfProgram.TryFromId(id, out var program)) continue;
            using (program) Add(users._programs, program.GetInfo().BtfId, id);
        }
        foreach (var id in ObjectIds.Maps)
        {
            if (!BpfMap.TryFromId(id, out var map)) continue;
            using (map) Add(users._maps, map.GetInfo().BtfId, id);
        }
        return users;
    }

    public IReadOnlyList<uint>? Programs(uint btfId) => _programs.GetValueOrDefault(btfId);

    public IReadOnlyList<uint>? Maps(uint btfId) => _maps.GetValueOrDefault(btfId);

    static void Add(Dictionary<uint, List<uint>> users, uint btfId, uint id)
    {
        if (btfId == 0) return;
        if (!users.TryGetValue(btfId, out var ids)) users[btfId] = ids = [];
        ids.Add(id);
    }
}
