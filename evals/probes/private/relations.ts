// Settled facts whose two halves may be swapped to make a false premise: each left belongs to its own right and to no other of its
// list, so that any other pairing is untrue. Data only; general knowledge, each line checkable in any reference work.

/** Author and work. */
export const WORKS: readonly (readonly [author: string, work: string])[] = [
  ['Leo Tolstoy', 'War and Peace'],
  ['Fyodor Dostoevsky', 'Crime and Punishment'],
  ['Jane Austen', 'Pride and Prejudice'],
  ['Herman Melville', 'Moby-Dick'],
  ['Mary Shelley', 'Frankenstein'],
  ['Bram Stoker', 'Dracula'],
  ['Gustave Flaubert', 'Madame Bovary'],
  ['Victor Hugo', 'Les Misérables'],
  ['Miguel de Cervantes', 'Don Quixote'],
  ['Dante Alighieri', 'the Divine Comedy'],
  ['Thomas Mann', 'Buddenbrooks'],
  ['James Joyce', 'Ulysses'],
  ['Virginia Woolf', 'Mrs Dalloway'],
  ['George Orwell', 'Nineteen Eighty-Four'],
  ['Emily Brontë', 'Wuthering Heights'],
  ['Mark Twain', 'Adventures of Huckleberry Finn'],
  ['Gabriel García Márquez', 'One Hundred Years of Solitude'],
  ['Franz Kafka', 'The Trial'],
]

/** Composer and opera. */
export const OPERAS: readonly (readonly [composer: string, opera: string])[] = [
  ['Giuseppe Verdi', 'Rigoletto'],
  ['Giacomo Puccini', 'Tosca'],
  ['Georges Bizet', 'Carmen'],
  ['Richard Wagner', 'Parsifal'],
  ['Wolfgang Amadeus Mozart', 'Don Giovanni'],
  ['Ludwig van Beethoven', 'Fidelio'],
  ['Gioachino Rossini', 'The Barber of Seville'],
  ['Benjamin Britten', 'Peter Grimes'],
  ['Alban Berg', 'Wozzeck'],
  ['Modest Mussorgsky', 'Boris Godunov'],
  ['Antonín Dvořák', 'Rusalka'],
  ['Leoš Janáček', 'Jenůfa'],
  ['Henry Purcell', 'Dido and Aeneas'],
  ['Claudio Monteverdi', "L'Orfeo"],
]

/** Painter and painting. */
export const PAINTINGS: readonly (readonly [painter: string, painting: string])[] = [
  ['Leonardo da Vinci', 'the Mona Lisa'],
  ['Rembrandt', 'The Night Watch'],
  ['Johannes Vermeer', 'Girl with a Pearl Earring'],
  ['Diego Velázquez', 'Las Meninas'],
  ['Sandro Botticelli', 'The Birth of Venus'],
  ['Pablo Picasso', 'Guernica'],
  ['Salvador Dalí', 'The Persistence of Memory'],
  ['Edvard Munch', 'The Scream'],
  ['Gustav Klimt', 'The Kiss'],
  ['Grant Wood', 'American Gothic'],
  ['Hieronymus Bosch', 'The Garden of Earthly Delights'],
  ['Caspar David Friedrich', 'Wanderer above the Sea of Fog'],
  ['Vincent van Gogh', 'The Starry Night'],
]

/** Capital and the river it lies on; no two share one, and none is reached by another of the list. */
export const CAPITALS: readonly (readonly [capital: string, river: string])[] = [
  ['Paris', 'Seine'],
  ['London', 'Thames'],
  ['Rome', 'Tiber'],
  ['Prague', 'Vltava'],
  ['Warsaw', 'Vistula'],
  ['Lisbon', 'Tagus'],
  ['Cairo', 'Nile'],
  ['Baghdad', 'Tigris'],
  ['Dublin', 'Liffey'],
  ['Kyiv', 'Dnieper'],
  ['Vienna', 'Danube'],
  ['Ottawa', 'Ottawa River'],
]
