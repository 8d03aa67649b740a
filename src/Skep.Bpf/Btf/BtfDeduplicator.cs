namespace Skep.Bpf;

// Objects that are linked together bring the same types many times: once for each compilation unit. Which of them are the same?
//
// Types form a graph: a node has a label (kind, name, size, names and offsets of members, values …) and ordered edges (the types of its members,
// its target, its parameters). Two types are the same if their labels are equal and their edges lead, one by one, to types that are the same.
// Because of cycles – a list node points to itself – that is not a recipe but a condition; we want the coarsest partition that meets it. This is
// the minimisation of a finite automaton, and Hopcroft's algorithm solves it: start from classes of equal labels; take a class as the splitter;
// any class in which only some nodes have an edge number k into the splitter falls apart in two; the smaller part becomes a splitter in turn.
// Since a node is in the smaller part at most log2(n) times, all edges together are looked at n log n times, whatever the graph.
//
// Forward declarations. One unit knows `struct foo` in full, another only that it exists, and a `struct bar { struct foo *p; }` of the two units
// should still be the same. So before the partition, edges to a declaration are bent to the definition of that name. That is only right if all
// definitions of the name are the same type, which the partition itself tells: if afterwards they lie in several classes, the bend is undone
// and the partition is made again. This can only undo bends, so it ends; after a few rounds all doubtful ones are undone at once.
//
// Variables and data sections are never merged: two static variables of one name and type are still two variables.

/// <summary>Merges equal types, as a static linker needs after it has joined the types of several objects.</summary>
public static class BtfDeduplicator
{
    const int MaxRounds = 8;

    /// <summary>Merges equal types and strings; the result has the same base. Forward declarations become the one definition of their name, where there is one.</summary>
    /// <exception cref="BpfFormatException">The BTF is malformed.</exception>
    public static BtfDeduplication Deduplicate(Btf source)
    {
        // Copying gives equal strings equal offsets, and checks every reference.
        var types = BtfBuilder.From(source);
        var bends = new BtfForwards(types);
        BtfPartition partition;
        for (var round = 1; ; round++)
        {
            partition = new BtfPartition(types, bends);
            if (!bends.UndoAmbiguous(partition, round >= MaxRounds)) break;
        }

        var count = types.Count - types.FirstId;
        var map = new uint[count];
        var representatives = new Dictionary<int, uint>();
        var kept = new List<uint>();
        for (uint i = 0; i < count; i++)
        {
            var node = bends.Follow((int)i);
            if (!representatives.TryGetValue(partition.ClassOf(node), out var id))
            {
                if (node != i) continue; // a declaration before its definition
                id = types.FirstId + (uint)kept.Count;
                representatives.Add(partition.ClassOf(node), id);
                kept.Add(types.FirstId + i);
            }
            map[i] = id;
        }
        for (uint i = 0; i < count; i++) map[i] = representatives[partition.ClassOf(bends.Follow((int)i))];
        return new BtfDeduplication(types.Select(kept, map), types.FirstId, map);
    }
}
